import { type SlackButton, type SlackPayload, textOfBlock } from './slack-limits.ts';

const buttonsIn = (block: SlackPayload['blocks'][number]): readonly SlackButton[] => {
  if (block.type === 'actions') return block.elements;
  return block.type === 'section' && block.accessory !== undefined ? [block.accessory] : [];
};

/** The buttons of a message. */
export const buttonsOf = ({ blocks }: SlackPayload): readonly SlackButton[] => blocks.flatMap(buttonsIn);

/** The one button whose label holds the words, where `id` is given in the row of that session. */
export function buttonOf(message: SlackPayload, label: string, id?: string): SlackButton {
  const row = id === undefined ? /^/ : new RegExp(`(^|\\D)${id} · `);
  const found = message.blocks
    .filter((block) => id === undefined || ('text' in block && row.test(block.text.text)))
    .flatMap(buttonsIn)
    .find(({ text }) => text.text.includes(label));
  if (found === undefined) throw new Error(`no button ${label}`);
  return found;
}

/** All text of a message. */
export const textOf = ({ blocks }: SlackPayload): string => blocks.map(textOfBlock).join('\n');

/** Whom a message rings. */
export const mentionsOf = ({ blocks }: SlackPayload): readonly string[] =>
  blocks.flatMap((block) => (block.type === 'context' ? block.elements.map(({ text }) => text) : []));
