import { expect, it } from 'vitest';
import { sessionInWords } from '../../../../../lib/chatops/messages/in-words.ts';
import type { UnknownName } from '../../../../../lib/sessions/session.ts';

const sleeper = { id: '7', user: 'app', host: null, db: null, command: 'Sleep', time: 60, transaction: null };
const hiding = (...fields: UnknownName[]) => ({ unknown: fields.map((field) => ({ field, why: 'Hidden.' })) });

it.each([
  [{}, '7 · app · Sleep for 1m'],
  [{ time: null }, '7 · app · Sleep, duration not known'],
  [hiding('transaction'), '7 · app · Sleep for 1m, transaction not known'],
  [{ transaction: { id: null, state: 'A', time: 5 } }, '7 · app · Sleep for 1m, in a transaction for 5s'],
  [{ transaction: { id: null, state: 'A', time: null } }, '7 · app · Sleep for 1m, in a transaction, age not known'],
  [{ user: null }, '7 · – · Sleep for 1m'],
  [{ user: null, ...hiding('user') }, '7 · user not known · Sleep for 1m'],
])('what is not known of a session is said so: %j', (over, words) => {
  expect(sessionInWords({ ...sleeper, ...over })).toBe(words);
});
