/** `npm run deploy`: finds out in a moment whether a deployment can begin, and hands over to `cdk deploy`. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { defaultProvider } from '@aws-sdk/credential-provider-node';
import { RegionInfo } from 'aws-cdk-lib/region-info';
import { nearest } from '../lib/config/nearest.ts';

const REGIONS = RegionInfo.regions.map(({ name }) => name);
/** The words between continent and number, as `central`: new regions have new numbers, and seldom new words. */
const wordsOf = (region: string): string | undefined => /^[a-z]{2,4}-([a-z-]+)-\d+$/.exec(region)?.[1];
const WORDS = new Set(REGIONS.map(wordsOf));

/** Why nothing can be deployed, in one sentence with what to do; `undefined` where it can. */
async function obstacle(env: Readonly<NodeJS.ProcessEnv>): Promise<string | undefined> {
  const { AWS_REGION, AWS_DEFAULT_REGION } = env;
  const region = AWS_REGION || AWS_DEFAULT_REGION;
  if (region && !WORDS.has(wordsOf(region))) {
    const meant = nearest(region, REGIONS);
    return `There is no region ${region}: ${meant === undefined ? 'set AWS_REGION to one of AWS' : `did you mean ${meant}?`}`;
  }
  try {
    await defaultProvider({ maxRetries: 0, timeout: 1_000 })();
    return undefined;
  } catch {
    return 'No AWS credentials can be used: run `aws configure` or `aws sso login`, or set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.';
  }
}

if (import.meta.main) {
  const args = process.argv.slice(2);
  const profile = /^--profile(?:=(.*))?$/;
  const at = args.findIndex((arg) => profile.test(arg));
  const named = at < 0 ? undefined : (profile.exec(args[at] ?? '')?.[1] ?? args[at + 1]);
  if (named !== undefined) process.env['AWS_PROFILE'] = named;
  const why = await obstacle(process.env);
  if (why === undefined) {
    const cdk = fileURLToPath(import.meta.resolve('aws-cdk/bin/cdk'));
    process.exitCode = spawnSync(process.execPath, [cdk, 'deploy', ...args], { stdio: 'inherit' }).status ?? 1;
  } else {
    process.stderr.write(`${why}\n`);
    process.exitCode = 1;
  }
}
