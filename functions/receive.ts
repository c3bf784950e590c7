import type { Channel } from '../lib/chatops/channel.ts';
import { chatPipeline, type ReceiverServices } from '../lib/chatops/receive.ts';
import { receiverServices } from '../lib/receiver-services.ts';

/**
 * POST /chat/<channel>: takes what a platform, a machine or an alerter sends, hands over what is verified, and answers at
 * once. A function for each channel, each with that channel's code alone: infra/receivers.ts writes what Lambda calls.
 */
export const createHandler = (channel: Channel, load?: () => Promise<ReceiverServices>) =>
  chatPipeline(channel, load ?? receiverServices(channel.about));
