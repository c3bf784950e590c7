import type { ChatAnswer } from '../answer.ts';
import { MAX_ROWS } from '../answer.ts';
import { plainText } from '../plain-text.ts';

/** DingTalk takes 20,000 bytes a message; a telephone takes less. */
const MAX_BYTES = 16_000;

/** The answer as a message of plain text, which DingTalk does not format. Buttons are left out: here nothing is ended. */
export function renderDingTalk({ title, lines, rows }: ChatAnswer): unknown {
  const all = [
    plainText(title, 150),
    ...lines.map((line) => plainText(line, 600)),
    ...rows.slice(0, MAX_ROWS).map(({ head, code }) => plainText(code === null ? head : `${head} · ${code}`, 400)),
  ];
  let content = '';
  for (const line of all) {
    if (Buffer.byteLength(content) + Buffer.byteLength(line) + 1 > MAX_BYTES) break;
    content += content === '' ? line : `\n${line}`;
  }
  return { msgtype: 'text', text: { content } };
}
