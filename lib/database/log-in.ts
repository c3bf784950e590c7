import { setTimeout as sleep } from 'node:timers/promises';
import { AppError } from '../errors.ts';
import type { Credentials, Encryption, Target, TargetDirectory } from '../targets/credentials.ts';
import { log } from '../telemetry/log.ts';
import { type Connection, connect, type Limits } from './connection.ts';
import { faultOf, toAppError } from './faults.ts';

/** Shorter than a second, so that a slot is taken within one of its becoming free; each try costs a full server a login. */
const LONGEST_PAUSE_MS = 900;
const FIRST_PAUSE_MS = 25;

const warned = new Set<string>();

/** Says once for each target of this process that its server is not compared with anything. */
async function warnOnce(target: string, { mode, weakness }: Encryption): Promise<void> {
  if (mode !== 'unverified' || warned.has(target)) return;
  warned.add(target);
  await log('warn', 'target not verified', { target, weakness });
}

/** An account that has to come with TLS is refused like a wrong password: the server does not say more. */
const PLAIN = 'The connection had no TLS (tls is off): an account or a server that requires it gives this answer too.';

/**
 * Logs in with each of the target's credentials in turn while the server refuses user and password. No other refusal is
 * one of these: the next credentials would meet it too.
 *
 * @throws the driver's error, AppError `target-denied`
 */
export async function logIn(targets: TargetDirectory, target: Target, limits: Limits): Promise<Connection> {
  const { inSecretsManager } = targets;
  let refused: AppError | undefined;
  for await (const credentials of targets.candidates(target)) {
    try {
      const connection = await connectUntilAdmitted(credentials, limits);
      await warnOnce(target.name, connection.encryption);
      return connection;
    } catch (error) {
      if (faultOf(error) !== 'login') throw error;
      const detail = credentials.tls === 'off' ? PLAIN : undefined;
      refused = toAppError(error, undefined, { detail, inSecretsManager });
    }
  }
  throw refused ?? new AppError('target-denied', { inSecretsManager });
}

/**
 * Connects, and while the server is full knocks again, later each time, for half of the whole call's time; at the port that
 * the server keeps for administrators first, where the target has one. A limit of our own account is none of the server's:
 * there knocking again takes nothing but logins. @throws the driver's error
 */
async function connectUntilAdmitted(credentials: Credentials, limits: Limits): Promise<Connection> {
  const deadline = performance.now() + limits.overall * 500;
  let admin = credentials.admin && { ...credentials, ...credentials.admin };
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(2 * pause, LONGEST_PAUSE_MS)) {
    try {
      return await connect(credentials, limits);
    } catch (error) {
      if (faultOf(error) !== 'full') throw error;
      if (admin !== undefined) {
        try {
          return await connect(admin, limits);
        } catch (fault) {
          // Closed to us, or not there: asking again changes nothing. MariaDB's may be full too.
          if (faultOf(fault) !== 'full') admin = undefined;
        }
      }
      if (performance.now() + pause > deadline) throw error;
    }
    // Not all in step, where many of us wait for one server.
    await sleep(pause * (0.8 + 0.2 * Math.random()));
  }
}
