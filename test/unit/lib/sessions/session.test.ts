import { describe, expect, it } from 'vitest';
import { isAsleep, isBeingKilled, isSessionId, sessionId } from '../../../../lib/sessions/session.ts';

describe('a session ID', () => {
  it.each(['1', '42', '18446744073709551615', '9'.repeat(20)])('is digits: %s', (text) => {
    expect(isSessionId(text)).toBe(true);
    expect(sessionId(text)).toBe(text);
  });

  it.each(['', '0', '042', '-1', '1.5', '12abc', ' 1', '1 ', '1\n', '٤٢', '9'.repeat(21)])('is not %j', (text) => {
    expect(isSessionId(text)).toBe(false);
    expect(() => sessionId(text)).toThrow(RangeError);
  });

  it('that is none is quoted so that it breaks no line, and only its beginning', () => {
    expect(() => sessionId(`a\n${'b'.repeat(100)}`)).toThrow(`not a session ID: "a\\n${'b'.repeat(38)}"`);
  });
});

describe('a session', () => {
  it.each([
    ['Sleep', true],
    ['sleep', true],
    ['Query', false],
    ['Sleeping', false],
  ])('in the command %s is asleep: %s', (command, asleep) => {
    expect(isAsleep(command)).toBe(asleep);
  });

  it.each([
    ['Killed', null, true],
    ['Query', 'SESSION_KILLED', true],
    ['Query', 'QUERY_KILLED', true],
    ['Query', 'executing', false],
    ['Query', null, false],
  ])('in the command %s and the state %s is being killed: %s', (command, state, isKilled) => {
    expect(isBeingKilled({ command, state })).toBe(isKilled);
  });
});
