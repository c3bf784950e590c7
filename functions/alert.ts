import { receiverServices } from '../lib/chat-services.ts';
import { alert } from '../lib/chatops/alert/alert.ts';
import { chatPipeline, type ReceiverServices } from '../lib/chatops/receive.ts';

/** POST /chat/alert/{source}: takes an alert of Alertmanager, Grafana or PagerDuty, hands over what is verified, and answers at once. */
export const createHandler = (load: () => Promise<ReceiverServices>) => chatPipeline(alert, load);

/** What Lambda calls. */
export const handler = createHandler(receiverServices);
