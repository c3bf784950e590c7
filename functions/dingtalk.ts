import { dingtalk } from '../lib/chatops/dingtalk/dingtalk.ts';
import { chatPipeline, type ReceiverServices } from '../lib/chatops/receive.ts';
import { receiverServices } from '../lib/receiver-services.ts';

/** POST /chat/dingtalk: takes DingTalk's messages, hands over what is verified, and answers at once. */
export const createHandler = (load: () => Promise<ReceiverServices>) => chatPipeline(dingtalk, load);

/** What Lambda calls. */
export const handler = createHandler(receiverServices);
