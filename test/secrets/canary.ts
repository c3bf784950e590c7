/** Something that must never come out, in a form that nobody would write by chance. */
export const CANARIES = {
  password: 'cnryPWq7Zk2',
  token: 'cnryTKx9Lm4',
  literal: 'cnryLTv3Ht8',
  grant: 'cnrygrw6rd1',
} as const;

/** What stands in base64 for a text wherever it begins: of each of the three offsets, the characters that depend on it alone. */
function inBase64(text: string): readonly string[] {
  return [0, 1, 2].map((offset) => {
    const bits = 8 * (offset + text.length);
    const encoded = Buffer.from('\0'.repeat(offset) + text).toString('base64');
    return encoded.slice(Math.ceil((8 * offset) / 6), Math.floor(bits / 6));
  });
}

const percent = (text: string): string => [...Buffer.from(text)].map((byte) => `%${byte.toString(16)}`).join('');
const unicode = (text: string): string =>
  [...text].map((letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`).join('');

/** A text in every encoding in which it might come out of logs, answers and records. */
export function encodings(text: string): readonly string[] {
  const base64 = inBase64(text);
  return [
    text,
    [...text].reverse().join(''),
    Buffer.from(text).toString('hex'),
    percent(text),
    unicode(text),
    [...text].map((letter) => `&#${letter.charCodeAt(0)};`).join(''),
    ...base64,
    ...base64.map((part) => part.replaceAll('+', '-').replaceAll('/', '_')),
    ...base64.flatMap(inBase64),
  ];
}

/** Which canaries a text holds, whatever its case and its encoding. */
export function canariesIn(text: string, canaries: Readonly<Record<string, string>> = CANARIES): readonly string[] {
  const haystack = text.toLowerCase();
  return Object.entries(canaries).flatMap(([name, canary]) =>
    encodings(canary).some((form) => haystack.includes(form.toLowerCase())) ? [name] : [],
  );
}
