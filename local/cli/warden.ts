#!/usr/bin/env -S node --disable-warning=ExperimentalWarning
import { AppError } from '../../lib/errors.ts';
import { printable } from '../../lib/sessions/masking/visible.ts';
import { HELP, UsageError } from './help.ts';

/** Prints what a command says: names, reasons and statements are others', and may hold commands for a terminal. */
function print(to: NodeJS.WriteStream, text: string): void {
  if (text !== '') to.write(`${printable(text)}\n`);
}

/** Runs one command line; resolves to the exit code. */
async function main([name = '--help', ...args]: readonly string[]): Promise<number> {
  if (name === '--help' || name === '-h' || name === 'help' || args.includes('--help')) {
    print(process.stdout, HELP.trimEnd());
    return 0;
  }
  if (name === 'policy') {
    const { policyCommand } = await import('./policy-commands.ts');
    const { text, warning } = policyCommand(args);
    print(process.stdout, text);
    print(process.stderr, warning);
    return 0;
  }
  const { text, code } = await told(name, args);
  print(process.stdout, text);
  return code;
}

/** Each command is loaded when it is asked for: help needs none of them, and none needs all. */
async function told(name: string, args: readonly string[]) {
  if (name === 'audit') return (await import('./audit-verify.ts')).auditCommand(args);
  const { isServerCommand, serverCommand } = await import('./server-commands.ts');
  if (!isServerCommand(name)) throw new UsageError(`there is no command ${name}; warden --help lists them`);
  return serverCommand(name, args);
}

function explain(error: unknown): { text: string; code: number } {
  if (error instanceof UsageError) return { text: error.message, code: 2 };
  if (error instanceof AppError)
    return {
      text: [error.message, error.detail, error.hint].filter(Boolean).join('\n'),
      code: error.code === 'configuration-invalid' ? 2 : 1,
    };
  // parseArgs names the option that it does not know.
  if (error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS'))
    return { text: error.message, code: 2 };
  return { text: error instanceof Error ? (error.stack ?? error.message) : String(error), code: 1 };
}

process.exitCode = await main(process.argv.slice(2)).catch((error: unknown) => {
  const { text, code } = explain(error);
  print(process.stderr, text);
  return code;
});
