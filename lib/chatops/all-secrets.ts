import { CHANNELS } from './channel-names.ts';
import { type ChatSecrets, readSecrets } from './secrets.ts';

/** The secret of every channel; see {@link readSecrets}. @throws AppError `configuration-invalid` */
export const parseChatSecrets = (json: string): ChatSecrets => readSecrets(json, Object.values(CHANNELS), 'refuse');
