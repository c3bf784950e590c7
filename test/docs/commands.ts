import { type Block, blocksOf, PAGES } from './pages.ts';
import { stepsOf } from './transcript.ts';

/** A command of a page: of a `console` block, or of an `sh` block. */
export interface Command {
  readonly block: Block;
  /** As written, over several lines where it is continued. */
  readonly text: string;
}

/** Commands that no test can run, each kind with the reason. They are still checked without running them. */
const NOT_RUN: readonly { readonly like: RegExp; readonly why: string }[] = [
  { like: /^npm (?:ci$|i )/, why: 'installs, which test/infra/package.test.ts does with a registry of its own' },
  { like: /^npm start$/, why: 'is what answers all other commands' },
  { like: /^(?:npm run deploy|npx cdk) /, why: 'needs an AWS account' },
  { like: /^npx git-cliff@|^npm version |^git /, why: 'makes or checks a release' },
  { like: /^npm (?:audit|view) /, why: 'asks the registry of a published package' },
  { like: /^claude mcp add /, why: 'is of a program that is not ours' },
  { like: /^aws /, why: 'needs an AWS account' },
  { like: /^curl .*--aws-sigv4 /, why: 'needs AWS credentials; test/local/cli/golden.test.ts signs' },
  { like: /^npx warden audit verify --trail /, why: 'needs what the aws commands before it fetch' },
  { like: /^npm run simulate/, why: 'measures for minutes' },
  {
    like: /\breap local warned-demo" 1 watch$/,
    why: 'waits for a minute; test/local/chat-reaper.test.ts does the same',
  },
];

/** Whether a command is one that no test can run. */
export const isNotRun = ({ text }: Pick<Command, 'text'>): boolean => NOT_RUN.some(({ like }) => like.test(text));

/** Kinds of commands that are not run, and of which no page has one. */
export const unusedKinds = (commands: readonly Command[]): readonly RegExp[] =>
  NOT_RUN.map(({ like }) => like).filter((like) => !commands.some(({ text }) => like.test(text)));

/** Lines of a shell, each with those that continue it. */
const statementsOf = (text: string): readonly string[] =>
  text
    .replace(/\\\n/g, '\\\u0000')
    .split('\n')
    .map((line) => line.replaceAll('\u0000', '\n'))
    .filter((line) => line.trim() !== '');

/** The commands of a block, in order. */
export function commandsOf(block: Block): readonly Command[] {
  if (block.language === 'console') return stepsOf(block.text).map(({ command }) => ({ block, text: command }));
  return block.language === 'sh' ? statementsOf(block.text).map((text) => ({ block, text: text.trimEnd() })) : [];
}

/** Every command of every page. */
export const COMMANDS: readonly Command[] = PAGES.flatMap((page) => blocksOf(page)).flatMap(commandsOf);
