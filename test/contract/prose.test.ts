import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const root = join(import.meta.dirname, '../..');
const read = (file: string): string => readFileSync(join(root, file), 'utf8');
const filesIn = (folder: string, ext: string): readonly string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(ext) && !name.includes('node_modules'))
    .map((name) => join(folder, name));

const PAGES = [
  ...['README.md', 'ARCHITECTURE.md', 'CHANGELOG.md', 'CONTRIBUTING.md', 'SECURITY.md'],
  ...readdirSync(join(root, 'docs')).flatMap((name) => (name.endsWith('.md') ? [`docs/${name}`] : [])),
];

/** Words that make a reader stop, and what to write in their place. */
const WEANED: Readonly<Record<string, string>> = {
  nobody: 'no one, or who it is that does not',
  somebody: 'someone, or who it is',
  whoever: 'who it is, or "no matter who"',
  stands: 'is, comes, means',
  anew: 'again',
  mend: 'fix',
  mends: 'fixes',
  mended: 'fixed',
  surely: 'certainly',
};
// With a capital or without, and not within a name such as noBody.
const WORD = new RegExp(
  `\\b(?:${Object.keys(WEANED)
    .flatMap((word) => [word, word.charAt(0).toUpperCase() + word.slice(1)])
    .join('|')})\\b`,
  'g',
);
const LONGEST = 120;

/** A page without its code. */
const proseOf = (page: string): string => page.replace(/^```[\s\S]*?^```/gm, '').replace(/`[^`\n]*`/g, '');

const found = (file: string, text: string): readonly string[] =>
  [...text.matchAll(WORD)].map(([word]) => `${file}: ${word}. Write ${WEANED[word.toLowerCase()]}.`);

/** Lines of prose that are too long: not of a table, of code, of what a program writes, nor a word without a blank. */
const tooLong = (page: string): readonly string[] =>
  page
    .replace(/^```[\s\S]*?^```/gm, '')
    .replace(/<!-- bench[\s\S]*?<!-- bench: end.*-->/g, '')
    .split('\n')
    .filter((line) => line.length > LONGEST && !line.trimStart().startsWith('|') && line.trim().includes(' '));

it('the pages are in plain words', () => {
  expect(PAGES.length).toBeGreaterThan(15);
  expect(PAGES.flatMap((file) => found(file, proseOf(read(file))))).toEqual([]);
  expect(found('a page', proseOf('Whoever asks.\n```\nnobody\n```\n`nobody`, which stands'))).toHaveLength(2);
});

// The decisions are a history that is added to, a line each.
it.each(PAGES.filter((file) => !/decisions|performance/.test(file)))('%s has lines of 120 characters', (file) => {
  expect(tooLong(read(file))).toEqual([]);
});

it('a line that is too long is found, and none of a table', () => {
  expect(tooLong(`${'word '.repeat(25)}\n| ${'word '.repeat(25)}|\n${'x'.repeat(130)}`)).toHaveLength(1);
});

it.each(['functions', 'infra', 'lib'])('comments and messages of %s are in plain words', (folder) => {
  expect(filesIn(folder, '.ts').flatMap((file) => found(file, read(file)))).toEqual([]);
});

// Titles are what a failing run prints.
const TITLE = /\b(?:it|describe)(?:\.\w+(?:\((?:[^()]|\([^()]*\))*\))?)*\(\s*(['"`])((?:(?!\1)[^\\]|\\.)*)\1/g;

it('titles of tests are in plain words', () => {
  const titles = filesIn('test', '.ts').flatMap((file) =>
    [...read(file).matchAll(TITLE)].map(([, , title = '']) => ({ file, title })),
  );
  expect(titles.length).toBeGreaterThan(1_000);
  expect(titles.flatMap(({ file, title }) => found(`${file}: ${title}`, title))).toEqual([]);
});
