import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { expect, it } from 'vitest';
import { z } from 'zod';

const root = join(import.meta.dirname, '../..');
const { homepage } = z
  .object({ homepage: z.string() })
  .parse(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')));
const REPOSITORY = `${homepage.replace(/#.*$/, '')}/blob/main/`;

/** Pages of the repository, and none of what is installed or built. */
const PAGES = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard', '*.md'], {
  cwd: root,
  encoding: 'utf8',
})
  .split('\0')
  .filter((name) => name !== '' && existsSync(join(root, name)));

/** What npm would pack, but for what is built first. */
const PACKED: readonly string[] = z
  .union([z.array(z.unknown()), z.record(z.string(), z.unknown()).transform((all) => Object.values(all))])
  .transform(([first]) => z.object({ files: z.array(z.object({ path: z.string() })) }).parse(first).files)
  .parse(
    JSON.parse(
      execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], { cwd: root, encoding: 'utf8' }),
    ),
  )
  .map(({ path }) => path);

/** Where the links and pictures of a page lead, outside of its code. */
const linksOf = (text: string): readonly string[] =>
  [
    ...text
      .replace(/^```[\s\S]*?^```/gm, '')
      .replace(/`[^`\n]*`/g, '')
      .matchAll(/\]\(([^)\s]+)\)|^\[[^\]]+\]: (\S+)$|\bsrc(?:set)?="([^"]+)"/gm),
  ].map(([, link, reference, picture]) => link ?? reference ?? picture ?? '');

/** As the repository's host makes them of headings. */
const anchorsOf = (text: string): readonly string[] =>
  [...text.replace(/^```[\s\S]*?^```/gm, '').matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );

/** Links of a page that lead nowhere. @param has - whether a file is there, below the root */
function deadIn(page: string, has: (file: string) => boolean): readonly string[] {
  return linksOf(readFileSync(join(root, page), 'utf8')).flatMap((link) => {
    const isOurs = link.startsWith(REPOSITORY);
    if (!isOurs && /^[a-z]+:/.test(link)) return [];
    const [path = '', anchor] = (isOurs ? link.slice(REPOSITORY.length) : link).split('#');
    const file = isOurs ? path : path === '' ? page : normalize(join(dirname(page), path));
    // One that leads to the repository needs no file in the package.
    const isThere = isOurs ? existsSync(join(root, file)) : has(file);
    const isTold =
      anchor === undefined || !isThere || anchorsOf(readFileSync(join(root, file), 'utf8')).includes(anchor);
    return isThere && isTold ? [] : [`${page}: ${link}`];
  });
}

it('every link of the repository leads somewhere', () => {
  expect(PAGES.length).toBeGreaterThan(20);
  expect(PAGES.flatMap((page) => deadIn(page, (file) => existsSync(join(root, file))))).toEqual([]);
});

it('every link of a page in the package leads to a file in it, or to the repository', () => {
  const pages = PACKED.filter((file) => file.endsWith('.md'));
  expect(pages).toEqual(expect.arrayContaining(['README.md', 'CHANGELOG.md', 'SECURITY.md', 'docs/deploy.md']));
  expect(pages.flatMap((page) => deadIn(page, (file) => PACKED.includes(file)))).toEqual([]);
});

it('finds a link to a file and to a heading that are not there, and none in code', () => {
  expect(linksOf('[a](b.md#c) `[d](e)` <img src="f.png">\n\n[g]: h.md\n```\n[i](j)\n```')).toEqual([
    'b.md#c',
    'f.png',
    'h.md',
  ]);
  expect(anchorsOf('# A key of *your* own: `now`!\n')).toEqual(['a-key-of-your-own-now']);
  expect(deadIn('README.md', () => false)).toContain('README.md: docs/deploy.md');
});
