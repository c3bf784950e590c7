import { type Connection, createConnection } from 'mysql2/promise';
import { freePort } from '../../../local/kernel/free-port.ts';
import { tcpDoor } from '../../support/tcp-door.ts';
import { startMariaDb } from '../mysql-servers.ts';
import { ILL_PREFIX } from './ill-prefix.ts';
import { type FleetTarget, makeTarget, portOf } from './targets.ts';

/** What ails a target, in the words of whoever is called at night. */
export const ILLS = ['wrong password', 'hanging', 'refused', 'full', 'restarting'] as const;

/** A target that no run gets through to. */
export interface IllTarget extends FleetTarget {
  readonly ill: (typeof ILLS)[number];
}

/** As far as a run gets before its server ends: past the login, short of its list. */
const MID_RUN_BYTES = 600;
const FEW = 10;

/**
 * Two targets of each kind. Full are those of a real server with all its connections in use, by sessions of theirs; restarting
 * those of another, which crashes in the middle of each of their runs and comes back.
 *
 * @throws NotInstalled where there is no MariaDB
 */
export async function gatherIll(urls: readonly string[], undo: (() => unknown)[]) {
  const door = async (...how: Parameters<typeof tcpDoor>) => {
    const opened = await tcpDoor(...how);
    undo.push(() => opened.close());
    return opened.port;
  };
  const full = await startMariaDb([`--max-connections=${FEW}`]);
  undo.push(full.stop);
  const weak = await startMariaDb();
  undo.push(weak.stop);
  let crashes = 0;
  let crashing: Promise<void> | undefined;
  const crash = () => {
    crashes++;
    crashing ??= weak.crash().finally(() => {
      crashing = undefined;
    });
  };
  undo.push(() => crashing);

  const targets: IllTarget[] = [];
  for (const [place, ill] of [...ILLS, ...ILLS].entries()) {
    const url = { full: full.url, restarting: weak.url }[ill as string] ?? urls[place % urls.length] ?? '';
    const target = await makeTarget(url, `${ILL_PREFIX}${place}`, undo);
    if (ill === 'wrong password') targets.push({ ...target, ill, password: 'wrong' });
    else if (ill === 'hanging') targets.push({ ...target, ill, port: await door(null) });
    else if (ill === 'refused') targets.push({ ...target, ill, port: await freePort() });
    else if (ill === 'full') targets.push({ ...target, ill });
    else targets.push({ ...target, ill, port: await door({ port: portOf(url) }, MID_RUN_BYTES, crash) });
  }
  const holders = await fill(targets.filter(({ ill }) => ill === 'full'));
  undo.push(() => holders.map((holder) => holder.destroy()));
  return { targets, holders, crashes: () => crashes };
}

/** Opens sessions until the server is full. */
async function fill(targets: readonly FleetTarget[]): Promise<readonly Connection[]> {
  const held: Connection[] = [];
  for (;;) {
    const { url = '' } = targets[held.length % targets.length] ?? {};
    const next = await createConnection(url).catch((error: { readonly errno?: number }) => error.errno);
    if (next === 1040) return held;
    if (next === undefined || typeof next === 'number') throw new Error(`the server is not full but refuses: ${next}`);
    held.push(next);
  }
}
