import {
  type ChatAnswer,
  type ChatButton,
  type ChatRow,
  MAX_ROWS,
  plainPicture,
  plainText,
} from '../../messages/answer.ts';

/** Slack's limits (docs.slack.dev, Block Kit): section text 3,000, header 150, button text 75; about 13,000 characters a message. */
const MAX_HEADER = 150;
const MAX_LINE = 600;
const MAX_ROW = 500;
const MAX_PICTURE = 4_000;
const MAX_BUTTON = 75;
const MAX_CONFIRM_TITLE = 100;
const MAX_CONFIRM = 300;
const MAX_CONFIRM_BUTTON = 30;
/** Rows and lines together; the JSON around them does not count there. */
const MAX_MESSAGE = 11_000;

/** Slack's three: all that must be escaped, in plain text too (docs.slack.dev, "Formatting message text"). */
const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** Escaped text of at most `max` characters as Slack counts them, the escapes included. */
function fitting(value: string, max: number): string {
  let characters = max;
  let shown = escaped(plainText(value, characters));
  while (shown.length > max) {
    characters = Math.floor(characters * 0.8);
    shown = escaped(plainText(value, characters));
  }
  return shown || '–';
}

/** Plain text only: in mrkdwn a user, a schema or a statement could mention, link and format. */
export const text = (value: string, max: number) => ({ type: 'plain_text', text: fitting(value, max), emoji: false });

const button = ({ label, click, request, danger, confirm }: ChatButton, at: number) => ({
  type: 'button',
  text: text(label, MAX_BUTTON),
  action_id: `${click}:${at}`,
  value: request,
  ...(danger && { style: 'danger' }),
  ...(confirm !== null && {
    confirm: {
      title: text('Are you sure?', MAX_CONFIRM_TITLE),
      text: text(confirm, MAX_CONFIRM),
      confirm: text(label, MAX_CONFIRM_BUTTON),
      deny: text('No', MAX_CONFIRM_BUTTON),
      ...(danger && { style: 'danger' }),
    },
  }),
});

const section = (value: string, max: number) => ({ type: 'section', text: text(value, max) });

/** Lines in letters of one width. Slack reads no markup in such a block. */
function picture(lines: readonly string[]) {
  const text = plainPicture(lines, MAX_LINE).join('\n').slice(0, MAX_PICTURE);
  return text === ''
    ? []
    : [{ type: 'rich_text', elements: [{ type: 'rich_text_preformatted', elements: [{ type: 'text', text }] }] }];
}

function row({ head, code, button: one }: ChatRow) {
  const shown =
    code === null ? plainText(head, MAX_ROW) : `${plainText(head, MAX_ROW / 2)} · ${plainText(code, MAX_ROW / 2)}`;
  return { ...section(shown, MAX_ROW), ...(one !== null && { accessory: button(one, 0) }) };
}

const PERSON = /^[UW][A-Z0-9]{2,30}$/;

/** The one markup that we write, of IDs alone: it rings their telephones. */
function mentions(people: readonly string[]) {
  const known = people.filter((id) => PERSON.test(id)).map((id) => `<@${id}>`);
  return known.length === 0 ? [] : [{ type: 'context', elements: [{ type: 'mrkdwn', text: known.join(' ') }] }];
}

/** A message in Block Kit, within Slack's limits; what does not fit is left out, and the message says so. */
export function renderSlack(answer: ChatAnswer): unknown {
  let left = MAX_MESSAGE - (answer.picture.length > 0 ? MAX_PICTURE : 0);
  const fits = (block: { readonly text: { readonly text: string } }): boolean => {
    left -= block.text.text.length;
    return left >= 0;
  };
  const lines = answer.lines.map((line) => section(line, MAX_LINE)).filter(fits);
  const rows = answer.rows.slice(0, MAX_ROWS).map(row).filter(fits);
  const missing = answer.rows.length - rows.length;
  const buttons = answer.buttons.map(button);
  return {
    response_type: answer.audience === 'all' ? 'in_channel' : 'ephemeral',
    replace_original: answer.replaces,
    // What a notification shows; neither markup nor a link is made of it.
    text: fitting(answer.title, MAX_HEADER),
    mrkdwn: false,
    parse: 'none',
    unfurl_links: false,
    unfurl_media: false,
    blocks: [
      { type: 'header', text: text(answer.title, MAX_HEADER) },
      ...mentions(answer.mentions),
      ...lines.slice(0, 20),
      ...picture(answer.picture),
      ...rows,
      ...(missing > 0 ? [section(`… and ${missing} more, left out here`, MAX_LINE)] : []),
      ...(buttons.length > 0 ? [{ type: 'actions', elements: buttons }] : []),
    ],
  };
}
