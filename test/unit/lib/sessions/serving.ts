import type { Database } from '../../../../lib/database/database.ts';
import { scriptedServices } from '../../../support/scripted-services.ts';

const CONFIG = `access:
  - { who: { sub: ops }, targets: [local, shop*], privileges: [PROCESS] }
  - { who: { sub: ann }, targets: ['*'], users: [ann] }
`;
export const grant = (name: string) => ({ name, effect: 'e', grant: `GRANT ${name}` });
export const as = (sub: string) => ({ source: 'jwt', subject: sub, groups: [], claims: { sub } }) as const;

/** Services whose database answers so, and how often it was closed. */
export function serving(over: Partial<Database> = {}, targets: readonly string[] = ['local']) {
  const { services, database } = scriptedServices(CONFIG, {}, targets);
  let closed = 0;
  const close = async (): Promise<void> => {
    closed += 1;
  };
  return {
    services: { ...services, open: async () => ({ ...database, close, ...over }) },
    closed: () => closed,
    server: database.server,
  };
}
