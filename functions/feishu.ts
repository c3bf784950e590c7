import { feishu } from '../lib/chatops/feishu/feishu.ts';
import { chatPipeline, type ReceiverServices } from '../lib/chatops/receive.ts';
import { receiverServices } from '../lib/receiver-services.ts';

/** POST /chat/feishu: takes Feishu's messages and cards, hands over what is verified, and answers at once. */
export const createHandler = (load: () => Promise<ReceiverServices>) => chatPipeline(feishu, load);

/** What Lambda calls. */
export const handler = createHandler(receiverServices);
