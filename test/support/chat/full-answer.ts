import { anAnswer } from '../../../lib/chatops/messages/answer.ts';

/** An answer with one of everything. */
export const FULL_ANSWER = anAnswer('Title', {
  lines: ['<!channel> line'],
  rows: [{ head: 'row', code: 'SELECT ?', button: null }],
  buttons: [{ label: 'End', click: 'confirm', request: 'r'.repeat(22), danger: true, confirm: 'End it?' }],
});
