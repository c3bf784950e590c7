import { chatPipeline, type ReceiverServices } from '../lib/chatops/receive.ts';
import { slack } from '../lib/chatops/slack/slack.ts';
import { receiverServices } from '../lib/receiver-services.ts';

/** POST /chat/slack: takes Slack's commands and buttons, hands over what is verified, and answers at once. */
export const createHandler = (load: () => Promise<ReceiverServices>) => chatPipeline(slack, load);

/** What Lambda calls. */
export const handler = createHandler(receiverServices);
