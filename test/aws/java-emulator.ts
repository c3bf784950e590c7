import { execFile, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { cacheDir } from '../../local/cache-dir.ts';
import { freePort } from '../../local/free-port.ts';
import { startWatchdog } from '../../local/kernel/watchdog.ts';
import { installOnce } from '../support/install-once.ts';

/** An emulator that Maven Central has. */
export interface JavaEmulator {
  /** `group:artifact:version`. */
  readonly artifact: string;
  /** What `java` is told besides the class path, with the folder of its jars. */
  readonly options: (home: string, port: number) => readonly string[];
  readonly main: string;
  readonly args: (port: number) => readonly string[];
  /** Rejects while it is not up. */
  readonly knock: (endpoint: string) => Promise<unknown>;
}

/** A running one. */
export interface RunningEmulator {
  /** For `endpoint` of AWS clients. */
  readonly endpoint: string;
  readonly stop: () => Promise<void>;
}

const START_MS = 30_000;
const run = promisify(execFile);

/**
 * Starts an emulator on a free loopback port; Maven fetches it into the cache folder the first time.
 *
 * @throws Error where the machine cannot: no Java, no Maven, or no way to its repository
 */
export async function startJavaEmulator(emulator: JavaEmulator): Promise<RunningEmulator> {
  await run('java', ['-version']);
  const home = await install(emulator.artifact);
  const port = await freePort();
  const endpoint = `http://127.0.0.1:${port}`;
  // The watchdog knows the process by this path, and removes what is there, which is nothing.
  const mark = join(tmpdir(), `warden-emulator-${port}`);
  const options = [
    `-Dwarden=${mark}`,
    `-Djava.io.tmpdir=${tmpdir()}`,
    '-XX:-UsePerfData',
    ...emulator.options(home, port),
    '-cp',
    join(home, '*'),
    emulator.main,
    ...emulator.args(port),
  ];
  const server = spawn('java', options, { cwd: home, stdio: 'ignore' });
  const ended = new Promise<void>((resolve) => {
    server.once('exit', () => resolve());
    server.once('error', () => resolve());
  });
  const kill = () => void server.kill('SIGKILL');
  // A file whose tests are all skipped runs no hook, and a worker that is ended no listener.
  const endWatch = server.pid === undefined ? () => {} : startWatchdog(server.pid, mark);
  const stop = async () => {
    kill();
    await ended;
    endWatch();
  };
  for (const end = Date.now() + START_MS; Date.now() < end && server.exitCode === null; ) {
    const isUp = await emulator.knock(endpoint).then(
      () => true,
      () => false,
    );
    if (isUp) return { endpoint, stop };
    await sleep(50);
  }
  await stop();
  throw new Error('the server did not come up');
}

/** The folder that has its jars. */
function install(coordinates: string): Promise<string> {
  const [group, artifact, version] = coordinates.split(':');
  const pom = `<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>session-warden</groupId><artifactId>emulator</artifactId><version>1</version>
<dependencies><dependency><groupId>${group}</groupId><artifactId>${artifact}</artifactId>
<version>${version}</version></dependency></dependencies></project>`;
  return installOnce(cacheDir(), `${artifact}-${version}`, '.', async (draft) => {
    writeFileSync(join(draft, 'pom.xml'), pom);
    await run('mvn', ['-B', '-q', 'dependency:copy-dependencies', '-DoutputDirectory=.', '-DincludeScope=runtime'], {
      cwd: draft,
    });
  });
}
