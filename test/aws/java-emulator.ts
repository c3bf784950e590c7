import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cacheDir } from '../../local/kernel/fetch-kernel.ts';
import { installOnce } from '../support/install-once.ts';
import { type RunningEmulator, startEmulator } from './emulator.ts';

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

const run = promisify(execFile);

/**
 * Starts an emulator on a free loopback port; Maven fetches it into the cache folder the first time.
 *
 * @throws Error where the machine cannot: no Java, no Maven, or no way to its repository
 */
export async function startJavaEmulator({
  artifact,
  options,
  main,
  args,
  knock,
}: JavaEmulator): Promise<RunningEmulator> {
  await run('java', ['-version']);
  const home = await install(artifact);
  return startEmulator({
    program: 'java',
    args: (port, mark) => [
      `-Dwarden=${mark}`,
      `-Djava.io.tmpdir=${tmpdir()}`,
      '-XX:-UsePerfData',
      ...options(home, port),
      '-cp',
      join(home, '*'),
      main,
      ...args(port),
    ],
    cwd: home,
    knock,
    endsIn: 0,
  });
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
