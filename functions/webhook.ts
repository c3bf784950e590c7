import { chatPipeline, type ReceiverServices } from '../lib/chatops/receive.ts';
import { webhook } from '../lib/chatops/webhook/webhook.ts';
import { receiverServices } from '../lib/receiver-services.ts';

/** POST /chat/webhook/{source}: takes a machine's command, by Standard Webhooks, hands over what is verified, and answers at once. */
export const createHandler = (load: () => Promise<ReceiverServices>) => chatPipeline(webhook, load);

/** What Lambda calls. */
export const handler = createHandler(receiverServices);
