import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fromMarkdown } from 'mdast-util-from-markdown';

/** The repository. */
export const ROOT = join(import.meta.dirname, '../..');

/** Every page for readers, from the root. */
export const PAGES: readonly string[] = [
  ...['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'SECURITY.md'],
  ...readdirSync(join(ROOT, 'docs')).flatMap((name) => (name.endsWith('.md') ? [`docs/${name}`] : [])),
];

/** The text of a page. */
export const textOf = (page: string): string => readFileSync(join(ROOT, page), 'utf8');

/** A fenced block of a page. */
export interface Block {
  readonly page: string;
  readonly line: number;
  /** Empty where the fence has none. */
  readonly language: string;
  /** Without fences and without the indent of a list. */
  readonly text: string;
  /** Where its lines begin and end in the page, without the fences. */
  readonly range: readonly [number, number];
  readonly indent: string;
}

/** Code within a line of prose. */
export interface Inline {
  readonly page: string;
  readonly line: number;
  readonly text: string;
}

type Node = ReturnType<typeof fromMarkdown> | ReturnType<typeof fromMarkdown>['children'][number];

function* nodesOf(node: Node): Generator<Node> {
  yield node;
  if ('children' in node) for (const child of node.children) yield* nodesOf(child as Node);
}

/** Every fenced block of a page. */
export function blocksOf(page: string, text = textOf(page)): readonly Block[] {
  return [...nodesOf(fromMarkdown(text))].flatMap((node) => {
    if (node.type !== 'code' || node.position === undefined) return [];
    const { start, end } = node.position;
    const from = text.indexOf('\n', start.offset) + 1;
    const to = text.lastIndexOf('\n', (end.offset ?? 0) - 1) + 1;
    const indent = ' '.repeat(start.column - 1);
    return [{ page, line: start.line, language: node.lang ?? '', text: node.value, range: [from, to], indent }];
  });
}

/** Every piece of code within the prose of a page; a table's `\|` is a bar. */
export function inlinesOf(page: string, text = textOf(page)): readonly Inline[] {
  return [...nodesOf(fromMarkdown(text))].flatMap((node) =>
    node.type === 'inlineCode'
      ? [{ page, line: node.position?.start.line ?? 0, text: node.value.replaceAll('\\|', '|') }]
      : [],
  );
}

/** What a block of commands answers: a block of JSON that directly follows it. */
export function answerTo(block: Block, text: string, blocks: readonly Block[]): Block | undefined {
  const next = blocks[blocks.indexOf(block) + 1];
  if (block.language !== 'sh' || next?.language !== 'json') return undefined;
  return /^ *```\n\s*```json\n$/.test(text.slice(block.range[1], next.range[0])) ? next : undefined;
}

/** The page with other lines in some of its blocks. */
export function withBlocks(text: string, changes: ReadonlyMap<Block, string>): string {
  const sorted = [...changes].toSorted(([one], [other]) => other.range[0] - one.range[0]);
  return sorted.reduce((page, [{ range, indent }, inside]) => {
    const lines = inside.split('\n').map((line) => `${line === '' ? '' : indent}${line}\n`);
    return page.slice(0, range[0]) + lines.join('') + page.slice(range[1]);
  }, text);
}
