import { Command, Option } from 'commander';
import packageJson from '../../package.json' with { type: 'json' };
import { chooseApi } from './api/choose-api.ts';
import type { Call, CommonOptions, ExitCode } from './call.ts';
import { AFTER_HELP, UsageError } from './help.ts';
import { printText, type World, warn, widthOf } from './terminal.ts';

/** Ends a command line with this code. */
type Finish = (code: number) => void;

/** Texts that are options and never words of another language. */
const EXAMPLE = '\nExample:\n';

interface Commands {
  readonly world: World;
  readonly finish: Finish;
  readonly program: Command;
}

/** A command with its example, and what every one has. */
function add({ program }: Commands, name: string, description: string, example: string): Command {
  return program
    .command(name)
    .description(description)
    .addHelpText('after', `${EXAMPLE}  ${example.replaceAll('\n', '\n  ')}`);
}

/** Options of every command that asks the API. */
function asking(command: Command, withTarget = true): Command {
  if (withTarget) command.option('-t, --target <name>', 'the database; else WARDEN_TARGET, else local');
  return command
    .option('--json', "print the API's answer as it came")
    .option('--api <url>', 'ask the API at this address; else WARDEN_API')
    .option('--token-file <file>', 'send the bearer token of this file; else WARDEN_TOKEN')
    .option('--as <who>', 'on this machine: ask as USER or USER:group,group');
}

/** Filters of lists. */
const filtering = (command: Command): Command =>
  command
    .option('-u, --user <glob>', 'of this database user; * matches any characters')
    .option('--host <glob>', 'from this address, with or without its port')
    .option('--db <glob>', 'in this database')
    .option('-c, --command <glob>', 'in this command, such as Sleep')
    .option('--state <glob>', 'in this state')
    .option('--tenant <glob>', 'OceanBase: of this tenant')
    .option('--proxy-session-id <id>', 'OceanBase: with this ID at OBProxy')
    .option('--idle <time>', 'asleep for at least this long, such as 5m')
    .option('--min-time <time>', 'in the command for at least this long')
    .option('--in-transaction', 'with an open transaction')
    .option('--no-in-transaction', 'without one')
    .option('--blocking', 'that hold a lock for which another waits')
    .option('--no-blocking', 'that hold none')
    .option('--text <part>', 'whose statement holds this text');

/** Conditions of kills: those of a rule in warden.yaml. */
const matching = (command: Command): Command =>
  command
    .option('-u, --user <glob>', 'of this database user: a glob, or a regular expression between slashes')
    .option('--not-user <glob>', 'and not of this one')
    .option('--host <glob>', 'from this address or network')
    .option('--db <glob>', 'in this database')
    .option('-c, --command <glob>', 'in this command')
    .option('--state <glob>', 'in this state')
    .option('--tenant <glob>', 'OceanBase: of this tenant')
    .option('--info <glob>', 'whose statement is like this')
    .option('--idle <time>', 'asleep for at least this long, such as 5m')
    .option('--busy <time>', 'running a statement for at least this long')
    .option('--min-time <time>', 'in the command for at least this long')
    .option('--in-transaction', 'with an open transaction')
    .option('--no-in-transaction', 'without one')
    .option('--transaction-for <time>', 'in a transaction for at least this long')
    .option('--blocking', 'that hold a lock for which another waits')
    .option('--no-blocking', 'that hold none')
    .addOption(new Option('--victims <which>', 'of those who match').choices(['all', 'oldest', 'all-but-oldest']))
    .option('--group-by <field>', 'of each user, host, db, command, state, tenant or fingerprint')
    .option('--limit <count>', 'so many at most, the oldest first')
    .option('--reason <text>', 'why, for the record')
    .option('-n, --dry-run', 'only show who would be ended')
    .option('-y, --yes', 'do not ask');

/** Runs what a command does once the API is known, and closes it. */
function asked<Options extends CommonOptions>(
  { world, finish }: Commands,
  command: Command,
  run: (call: Call<Options>, words: readonly string[]) => Promise<ExitCode>,
): Command {
  return command.action(async () => {
    const options: Options = command.opts();
    const api = await chooseApi(options, world.env);
    try {
      finish(await run({ world, api, options }, command.args));
    } finally {
      api.close();
    }
  });
}

const listing = 'sessions --user app_web --idle 5m --limit 20';

function addLists(commands: Commands): void {
  commands.program.commandsGroup('See:');
  asked(
    commands,
    asking(add(commands, 'targets', 'the databases that you may see', 'warden targets'), false),
    async (call) => (await import('./commands/others.ts')).targets(call),
  );
  const sessions = filtering(
    asking(add(commands, 'sessions', 'the sessions of a database', `warden ${listing}\nwarden sessions --watch`)),
  )
    .option('--sort <field>', 'id, time or user; - before it for descending', '-time')
    .option('-l, --limit <count>', 'so many at most', '1000')
    .option('--full', 'whole statements, with their literals where you may read them')
    .option('--own', "with Session Warden's own connections")
    .option('-w, --watch [seconds]', 'again and again, until q');
  asked(commands, sessions, async (call: Call<import('./commands/sessions.ts').SessionsOptions>) =>
    (await import('./commands/sessions.ts')).sessions(call),
  );
  const shown = asking(add(commands, 'show', 'one session, with its transaction, locks and tags', 'warden show 241'))
    .argument('<id>', 'as the list shows it')
    .option('--full', 'the whole statement, with its literals where you may read them');
  asked(commands, shown, async (call: Call<import('./commands/show.ts').ShowOptions>, [id = '']) =>
    (await import('./commands/show.ts')).showSession(call, id),
  );
  const top = filtering(
    asking(
      add(commands, 'top', 'how many sessions each user has, or each address, …', 'warden top --by host --idle 5m'),
    ),
  )
    .option('--by <field>', 'user, host, db, command, state, tenant or fingerprint', 'user')
    .option('-l, --limit <count>', 'so many groups at most, the largest first', '20');
  asked(commands, top, async (call: Call<import('./commands/sessions.ts').TopOptions>) =>
    (await import('./commands/sessions.ts')).top(call),
  );
  asked(commands, asking(add(commands, 'blockers', 'who blocks whom', 'warden blockers')), async (call) =>
    (await import('./commands/others.ts')).blockers(call),
  );
  const health = asking(
    add(commands, 'health', 'how a database is, and what our account lacks', 'warden health --target shop'),
  ).option('--oceanbase', 'how an OceanBase cluster is built, for a report; DATABASE_URL only');
  health.alias('doctor');
  asked(commands, health, async (call: Call<import('./commands/health.ts').HealthOptions>) =>
    (await import('./commands/health.ts')).health(call),
  );
}

function addKills({ program, ...rest }: Commands): void {
  const commands = { program, ...rest };
  program.commandsGroup('End:');
  type Kill = Call<import('./commands/kill.ts').KillManyOptions & import('./commands/kill.ts').KillOneOptions>;
  for (const { name, kind, what, examples } of [
    {
      name: 'kill',
      kind: 'connection',
      what: 'end a session by its ID, or all that match',
      examples: 'warden kill 219 --reason "left by a test"\nwarden kill --user app_web --idle 5m --limit 50',
    },
    {
      name: 'cancel',
      kind: 'query',
      what: 'cancel what a session runs, or what all run that match',
      examples: 'warden cancel 241\nwarden cancel --user report --busy 10m',
    },
  ] as const) {
    const command = matching(asking(add(commands, name, what, examples)))
      .argument('[id]', 'as the list shows it; with it only --tag and --reason')
      .option(
        '--tag <tag>',
        `only if this whole ${kind === 'query' ? 'statement' : 'session'} tag still fits; show prints it`,
      );
    if (kind === 'query')
      command.option('--escalate-after <time>', 'end the session if the statement still runs after this, 1s to 15s');
    asked(commands, command, async (call: Kill, [id]) => {
      const { hasConditions, isForMany, killMany, killOne } = await import('./commands/kill.ts');
      if (id === undefined) {
        if (call.options.tag !== undefined) throw new UsageError('--tag goes with one ID');
        if (hasConditions(call.options)) return killMany(call, kind);
        throw new UsageError(`write one ID, or whom: warden ${name} ID, or warden ${name} --user app_web --idle 5m`);
      }
      // What only conditions mean must not be passed over: somebody may rely on it, as on --dry-run.
      if (isForMany(call.options))
        throw new UsageError('write an ID or conditions, not both; an ID takes --tag and --reason');
      return killOne(call, id, kind);
    });
  }
  const reap = asking(
    add(commands, 'reap', 'run a rule of warden.yaml now; it ends nothing without --enforce', 'warden reap idle-app'),
  )
    .argument('<name>', 'of the reaper')
    .option('--enforce', 'end whom it chooses');
  asked(commands, reap, async (call: Call<import('./commands/kill.ts').ReapOptions>, [name = '']) =>
    (await import('./commands/kill.ts')).reap(call, name),
  );
  const stop = asking(
    add(commands, 'stop', 'stop every kill of every kind; takes SUPER on every target', 'warden stop a rule went mad'),
    false,
  ).argument('<reason...>', 'why');
  asked(commands, stop, async (call, words) => (await import('./commands/others.ts')).stopOrResume(call, true, words));
  const resume = asking(
    add(commands, 'resume', 'end that, whoever stopped', 'warden resume the rule is mended'),
    false,
  ).argument('[reason...]', 'why');
  asked(commands, resume, async (call, words) =>
    (await import('./commands/others.ts')).stopOrResume(call, false, words),
  );
}

function addRecord(commands: Commands): void {
  const { world, finish, program } = commands;
  program.commandsGroup('Look back:');
  const audit = asking(
    add(commands, 'audit', 'who ended what, when and why', 'warden audit --from 2026-11-24 --principal ada'),
  )
    .option('--principal <subject>', 'of this person or program')
    .option('--from <moment>', 'from this moment on, such as 2026-11-24')
    .option('--to <moment>', 'before this moment')
    .option('-l, --limit <count>', 'so many at most', '100');
  audit
    .command('verify')
    .description("what was changed, removed or forged in a deployment's record; asks no server")
    .requiredOption('--trail <folder>', 'a copy of its trail')
    .requiredOption('--table <file>', 'a copy of its table')
    .option('--json', 'as JSON')
    .addHelpText('after', `${EXAMPLE}  warden audit verify --trail changes --table table.json`)
    .action(async ({ trail, table, json }: { trail: string; table: string; json?: true }) => {
      const { auditCommand } = await import('./audit-verify.ts');
      const args = ['verify', '--trail', trail, '--table', table, ...(json ? ['--json'] : [])];
      const { text, code } = auditCommand(args);
      printText(world, text);
      finish(code);
    });
  asked(commands, audit, async (call: Call<import('./commands/others.ts').AuditOptions>) =>
    (await import('./commands/others.ts')).audit(call),
  );
}

function addSetUp(commands: Commands): void {
  const { world, finish, program } = commands;
  program.commandsGroup('Set up:');
  const grants = asking(
    add(
      commands,
      'grants',
      'the GRANTs that our account lacks on a database, or needs on an engine',
      'warden grants --target shop\nwarden grants --engine mysql --account warden@10.%',
    ),
  )
    .option(
      '--engine <engine>',
      'oceanbase, mysql, mariadb, rds-mysql or rds-mariadb: all that it needs; asks no server',
    )
    .option('--account <account>', 'USER or USER@HOST', 'warden');
  grants.action(async ({ engine, account }: { engine?: string; account: string }) => {
    if (engine !== undefined) {
      const { accountGrantsText } = await import('./grants.ts');
      printText(world, accountGrantsText(engine, account));
      return finish(0);
    }
    const options: CommonOptions = grants.opts();
    const api = await chooseApi(options, world.env);
    try {
      finish(await (await import('./commands/health.ts')).missingGrants({ world, api, options }));
    } finally {
      api.close();
    }
  });
  // Its words go on as they are: one of them is the command line of another program.
  add(
    commands,
    'policy',
    'check warden.yaml, import pt-kill rules, try rules on a recorded list',
    `warden policy check warden.yaml
warden policy import -- pt-kill --idle-time 10m --match-user '^app' --victims all --kill
warden policy test --policy warden.yaml --processlist list.txt [--json]`,
  )
    .argument('[words...]', 'check FILE, import -- <pt-kill command line>, or test')
    .allowUnknownOption()
    .passThroughOptions();
  add(
    commands,
    'serve',
    'the API, chats and the schedule of reapers on this machine',
    'TARGETS=targets.yaml WARDEN_CONFIG=warden.yaml warden serve --listen 127.0.0.1:8787',
  )
    .option('--listen <address>', 'an address and a port; another than 127.0.0.1 needs a token', '127.0.0.1:8787')
    .option('--token-file <file>', 'the token that callers must send; else WARDEN_TOKEN, else one made at random')
    .action(async (options: import('./commands/serve.ts').ServeCommandOptions) =>
      (await import('./commands/serve.ts')).serveHere(world, options),
    );
  const mcp = asking(
    add(
      commands,
      'mcp',
      'tools for an AI agent over MCP; a person approves what it ends',
      'claude mcp add warden -- npx warden mcp --api https://abc123.execute-api.eu-central-1.amazonaws.com',
    ),
  ).option('--unattended', 'with DATABASE_URL: let agents end without a person, as far as access rules let their user');
  mcp.action(async () => finish(await (await import('./mcp/serve-mcp.ts')).serveMcp(world, mcp.opts())));
  const call = asking(
    add(commands, 'call', 'any request of the API', "warden call GET '/targets/local/sessions?user=app'"),
    false,
  )
    .argument('<method>')
    .argument('<path>')
    .option('--body <json>', 'the body');
  asked(commands, call, async (one: Call<import('./commands/others.ts').CallOptions>, [method = '', path = '']) =>
    (await import('./commands/others.ts')).callApi(one, method, path),
  );
}

/** Every command of `warden`, none of whose code is loaded before it is asked for. */
export function createProgram(world: World, finish: Finish): Command {
  const program = new Command('warden');
  program
    .description('Sees and ends database sessions on OceanBase, MySQL and MariaDB.')
    .version(packageJson.version, '-V, --version')
    .usage('<command> [options]')
    .enablePositionalOptions()
    .addHelpText('after', AFTER_HELP)
    .helpCommand(false)
    .configureOutput({
      getOutHelpWidth: () => widthOf(world),
      getErrHelpWidth: () => widthOf(world),
      writeOut: (text) => printText(world, text.trimEnd()),
      writeErr: (text) => warn(world, text.trimEnd()),
      outputError: (text, write) => write(text.replace(/^error: /, '')),
    })
    .exitOverride();
  const commands = { world, finish, program };
  addLists(commands);
  addKills(commands);
  addRecord(commands);
  addSetUp(commands);
  return program;
}
