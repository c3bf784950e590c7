import { CommanderError } from 'commander';
import { AppError } from '../../lib/errors.ts';
import { Failure, Problem, UsageError } from './help.ts';
import { createProgram } from './program.ts';
import { printText, type World, warn } from './terminal.ts';

/** Runs one command line. @returns the exit code: 0 done, 1 refused or failed, 2 it cannot be used as it is */
export async function run(args: readonly string[], world: World): Promise<number> {
  try {
    return await commandLine(args[0] === 'help' || args.length === 0 ? [...args.slice(1), '--help'] : args, world);
  } catch (error) {
    const { text, code } = explain(error);
    warn(world, text);
    return code;
  }
}

async function commandLine(args: readonly string[], world: World): Promise<number> {
  const [name, ...words] = args;
  // The words of another program's command line are no options of ours.
  if (name === 'policy' && !['--help', '-h'].includes(words[0] ?? '--help')) {
    const { policyCommand } = await import('./policy-commands.ts');
    const { text, warning } = policyCommand(words);
    printText(world, text);
    warn(world, warning);
    return 0;
  }
  let code = 0;
  const program = createProgram(world, (found) => {
    code = found;
  });
  await program.parseAsync(args, { from: 'user' });
  return code;
}

function explain(error: unknown): { readonly text: string; readonly code: number } {
  // It has said so itself.
  if (error instanceof CommanderError) return { text: '', code: error.exitCode === 0 ? 0 : 2 };
  if (error instanceof UsageError) return { text: error.message, code: 2 };
  if (error instanceof Problem) return { text: error.message, code: error.code === 'configuration-invalid' ? 2 : 1 };
  if (error instanceof AppError) {
    const text = [error.message, error.detail, error.hint].filter(Boolean).join('\n');
    return { text, code: error.code === 'configuration-invalid' ? 2 : 1 };
  }
  // parseArgs names the option that it does not know.
  if (error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS'))
    return { text: error.message, code: 2 };
  if (error instanceof Failure) return { text: error.message, code: 1 };
  return { text: error instanceof Error ? (error.stack ?? error.message) : String(error), code: 1 };
}
