import { existsSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';
import { PAGES, ROOT, textOf } from './pages.ts';

const INDEX = 'docs/README.md';
const REPOSITORY = 'https://github.com/session-warden/session-warden/blob/main/';
const SECTIONS = [
  ...['Start', 'Deploy', 'Operate', 'Rules', 'Chat', 'API', 'Security', 'Performance', 'Engines'],
  ...['From pt-kill', 'Decisions'],
];

/** The pages that a text links to. A link to the repository is one too: not every page is in the package. */
const linked = (page: string, text: string): readonly string[] =>
  [...text.matchAll(/\]\(([^)\s#]+\.md)/g)].map(([, link = '']) =>
    link.startsWith(REPOSITORY) ? link.slice(REPOSITORY.length) : normalize(join(dirname(page), link)),
  );

const sections = textOf(INDEX)
  .split(/^## /m)
  .slice(1)
  .map((section) => ({ name: section.split('\n')[0] ?? '', pages: linked(INDEX, section) }));

describe('the index of the pages', () => {
  it('has these sections, none of them empty', () => {
    expect(sections.map(({ name }) => name)).toEqual(SECTIONS);
    expect(sections.filter(({ pages }) => pages.length === 0)).toEqual([]);
  });

  it('has every page in one section', () => {
    const pages = sections.flatMap((section) => section.pages);
    expect(pages.toSorted()).toEqual(PAGES.filter((page) => page !== INDEX).toSorted());
    expect(pages.filter((page) => !existsSync(join(ROOT, page)))).toEqual([]);
  });
});

describe('a page', () => {
  it.each(PAGES.filter((page) => page !== 'README.md'))('%s says at its head for whom it is', (page) => {
    const [, head = ''] = textOf(page).split('\n\n');
    expect(head).toMatch(/^For [^\n]+\./);
    if (page !== INDEX) expect(linked(page, head)).toEqual([INDEX]);
  });
});
