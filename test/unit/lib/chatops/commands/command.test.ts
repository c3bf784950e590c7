import fc from 'fast-check';
import { expect, it } from 'vitest';
import { COMMANDS, parseCommand } from '../../../../../lib/chatops/commands/command.ts';
import { timeInWords } from '../../../../../lib/chatops/messages/in-words.ts';

it.each(Object.values(COMMANDS))('reads its own example: %s', (line) => {
  expect(parseCommand(line)).not.toHaveProperty('problem');
});

it.each([
  ['', { name: 'help' }],
  ['  SESSIONS   shop ', { name: 'sessions', target: 'shop', filters: {} }],
  [
    'sessions shop user=app_* min=2m trx=yes',
    { name: 'sessions', filters: { user: 'app_*', minTime: 120, inTransaction: true } },
  ],
  ['kill shop 42 blocks all', { name: 'kill', target: 'shop', id: '42', reason: 'blocks all' }],
  ['cancel shop 42', { name: 'cancel', id: '42', reason: null }],
  ['stop  a rule went mad', { name: 'stop', reason: 'a rule went mad' }],
  ['resume', { name: 'resume', reason: null }],
  ['resume it is mended', { name: 'resume', reason: 'it is mended' }],
])('reads %s', (line, command) => expect(parseCommand(line)).toMatchObject(command));

it.each([
  ['sesions local', 'Did you mean sessions?'],
  ['kil shop 1', 'Did you mean kill?'],
  ['blcokers x', 'Did you mean blockers?'],
  ['quit', 'I do not know that command.'],
  ['kill shop', 'digits only'],
  ['kill shop 12abc', 'digits only'],
  ['kill shop 0', 'digits only'],
  ['kill shop -1', 'digits only'],
  ['sessions', 'needs a target'],
  ['stop', 'needs a reason'],
  ['sessions shop usr=a', 'Did you mean user=?'],
  ['sessions shop min=long', 'needs a value'],
  ['sessions shop __proto__=1', 'I do not know that filter'],
])('answers %s with the nearest and an example', (line, words) => {
  expect(parseCommand(line)).toEqual({ problem: expect.stringContaining(words), example: expect.any(String) });
});

it('never throws, and takes no ID that is not digits', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.constantFrom('kill a ', 'show a ', ''), (text, start) => {
      const command = parseCommand(start + text);
      if ('id' in command) expect(command.id).toMatch(/^[1-9]\d{0,19}$/);
    }),
  );
});

it.each([
  [0, '0s'],
  [59.9, '59s'],
  [200, '3m 20s'],
  [7_500, '2h 5m'],
  [345_600, '4d'],
  [null, 'not known'],
])('says %s seconds in words: %s', (seconds, words) => expect(timeInWords(seconds)).toBe(words));
