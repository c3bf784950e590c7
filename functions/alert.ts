import { alert } from '../lib/chatops/alert/alert.ts';
import { chatPipeline, type ReceiverServices } from '../lib/chatops/receive.ts';
import { receiverServices } from '../lib/receiver-services.ts';

/** POST /chat/alert/{source}: takes an alert of Alertmanager, Grafana or PagerDuty, hands over what is verified, and answers at once. */
export const createHandler = (load: () => Promise<ReceiverServices>) => chatPipeline(alert, load);

/** What Lambda calls. */
export const handler = createHandler(receiverServices);
