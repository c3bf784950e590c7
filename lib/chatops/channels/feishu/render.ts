import type { ChatAnswer, ChatButton } from '../../messages/answer.ts';
import { MAX_ROWS, withoutReason } from '../../messages/answer.ts';
import { plainPicture, plainText } from '../../messages/plain-text.ts';

/** Feishu takes 30 KB a card. */
const MAX_BYTES = 28_000;

// Plain text only: `lark_md` would let a value mention everybody or hide a link.
const text = (value: string, max: number) => ({
  tag: 'div',
  text: { tag: 'plain_text', content: plainText(value, max) || '–' },
});

const button = ({ label, click, request, danger, confirm }: ChatButton) => ({
  tag: 'button',
  text: { tag: 'plain_text', content: plainText(label, 60) },
  type: danger ? 'danger' : 'default',
  behaviors: [{ type: 'callback', value: { click, request } }],
  ...(confirm !== null && {
    confirm: {
      title: { tag: 'plain_text', content: 'Are you sure?' },
      text: { tag: 'plain_text', content: plainText(confirm, 300) },
    },
  }),
});

const PERSON = /^ou_[A-Za-z0-9_]{2,120}$/;

/** The one markup that we write, of IDs alone: it rings their telephones. */
function mentions(people: readonly string[]) {
  const known = people.filter((id) => PERSON.test(id)).map((id) => `<at id=${id}></at>`);
  return known.length === 0 ? [] : [{ tag: 'markdown', content: known.join(' ') }];
}

/** Lines in letters of one width: a code block, which nothing in a line can end or format. */
function picture(lines: readonly string[]) {
  const content = plainPicture(lines, 300).join('\n');
  return content === '' ? [] : [{ tag: 'markdown', content: `\`\`\`\n${content}\n\`\`\`` }];
}

/** The answer as a card (JSON 2.0), within Feishu's limits. */
export function renderFeishu(answer: ChatAnswer): unknown {
  const rows = answer.rows
    .slice(0, MAX_ROWS)
    .map(({ head, code, button: one }) => [
      text(code === null ? head : `${head} · ${code}`, 400),
      ...(one === null ? [] : [button(one)]),
    ]);
  const first = [
    ...mentions(answer.mentions),
    ...answer.lines.slice(0, MAX_ROWS).map((line) => text(line, 600)),
    ...picture(answer.picture),
  ];
  const last = withoutReason(answer).buttons.map(button);
  const shown: unknown[] = [...first];
  let bytes = Buffer.byteLength(JSON.stringify([first, last])) + 1_000;
  for (const row of rows) {
    bytes += Buffer.byteLength(JSON.stringify(row));
    if (bytes > MAX_BYTES) break;
    shown.push(...row);
  }
  return {
    schema: '2.0',
    config: { update_multi: true },
    header: { title: { tag: 'plain_text', content: plainText(answer.title, 150) } },
    body: { elements: [...shown, ...last] },
  };
}
