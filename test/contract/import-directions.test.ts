import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '../..');
const scratch = mkdtempSync(join(tmpdir(), 'import-directions-'));
afterAll(() => rmSync(scratch, { recursive: true }));

// Biome's --stdin-file-path reports no diagnostics (2.6), so the samples are files beside a copy of the configuration.
function isRefused(file: string, source: string): boolean {
  const path = join(scratch, file);
  const config = JSON.parse(readFileSync(join(root, 'biome.json'), 'utf8'));
  writeFileSync(join(scratch, 'biome.json'), JSON.stringify({ ...config, vcs: { enabled: false } }));
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, source);
  try {
    const biome = join(root, 'node_modules/.bin/biome');
    execFileSync(biome, ['lint', '--reporter=json', '--only=style/noRestrictedImports', path], {
      cwd: scratch,
      encoding: 'utf8',
      stdio: 'pipe',
    });
    return false;
  } catch (error) {
    const { stdout } = error as { stdout: string };
    expect(stdout, 'biome must fail for no other reason').toContain('noRestrictedImports');
    return true;
  } finally {
    rmSync(path);
  }
}

const importing = (from: string) => `import { it } from '${from}';\n\nexport const same = it;\n`;

const FORBIDDEN: readonly (readonly [file: string, from: string])[] = [
  ['lib/errors.ts', '../functions/kill-query.ts'],
  ['lib/audit/dynamodb/any.ts', '../../../functions/kill-query.ts'],
  ['lib/audit/list-audit.ts', '@aws-sdk/client-dynamodb'],
  ['lib/http/pipeline.ts', '../../functions/routes.ts'],
  ['lib/http/pipeline.ts', '../../infra/app.ts'],
  ['lib/http/pipeline.ts', '../../local/gateway/gateway.ts'],
  ['lib/http/pipeline.ts', '../../test/support/http-event.ts'],
  ['lib/services.ts', 'mysql2'],
  ['lib/services.ts', 'mysql2/promise'],
  ['lib/database/open-database.ts', 'mysql2'],
  ['lib/database/connection.ts', '../../local/gateway/gateway.ts'],
  ['lib/database/dialects/mysql.ts', 'mysql2'],
  ['lib/database/dialects/mysql.ts', '../connection.ts'],
  ['lib/database/dialects/mysql.ts', '../../errors.ts'],
  ['lib/database/dialects/mysql.ts', '../../sessions/kill-session.ts'],
  ['lib/database/dialects/mysql.ts', '../../../functions/kill-query.ts'],
  ...['sessions', 'privileges', 'audit'].flatMap((folder) =>
    [
      '../http/problem.ts',
      '../database/connection.ts',
      '@aws-sdk/client-secrets-manager',
      '@aws-lambda-powertools/logger',
      '@middy/core',
      'mysql2',
      '../../functions/kill-query.ts',
    ].map((from) => [`lib/${folder}/any.ts`, from] as const),
  ),
  ...['logger', 'metrics'].map((name) => ['lib/reaper/any.ts', `@aws-lambda-powertools/${name}`] as const),
  ['lib/telemetry/call.ts', '@aws-lambda-powertools/metrics'],
  ['lib/telemetry/log.ts', '@opentelemetry/sdk-trace-base'],
  ['lib/sessions/any.ts', '@opentelemetry/api'],
  ['lib/telemetry/log.ts', '../../local/gateway/gateway.ts'],
  ['lib/telemetry/log.ts', 'mysql2'],
  ['lib/telemetry/metrics.ts', '../errors.ts'],
  ['functions/kill-query.ts', '../infra/app.ts'],
  ['functions/kill-query.ts', '../local/gateway/gateway.ts'],
  ['functions/kill-query.ts', './kill-connection.ts'],
  ['functions/wiring/any.ts', 'mysql2'],
  ['functions/wiring/any.ts', '../../local/gateway/gateway.ts'],
  ['functions/kill-query.ts', '../docs/openapi.json'],
  ['functions/kill-query.ts', '../console/build.ts'],
  ['functions/get-console.ts', '../console/page/state.ts'],
  ['functions/kill-query.ts', 'mysql2'],
  ['functions/kill-query.ts', 'zod'],
  ['infra/app.ts', '../lib/services.ts'],
  ['infra/monitoring/watch.ts', '../lib/telemetry/observe.ts'],
  ['infra/app.ts', '../lib/sessions/kill/kill.ts'],
  ['infra/app.ts', '../functions/kill-query.ts'],
  ['infra/app.ts', '../local/gateway/gateway.ts'],
  ['infra/bundling/any.ts', '../../lib/services.ts'],
  ['infra/bundling/any.ts', '../../functions/routes.ts'],
  ['console/page/any.tsx', '../../lib/http/answers.ts'],
  ['console/page/any.tsx', '../../lib/sessions/get-session.ts'],
  ['console/page/any.tsx', '../../local/gateway/gateway.ts'],
  ['console/page/any.tsx', 'node:fs'],
];

const ALLOWED: readonly (readonly [file: string, from: string])[] = [
  ['lib/database/connection.ts', 'mysql2'],
  ['lib/database/dialects/mysql.ts', '../dialect.ts'],
  ['lib/database/dialects/mysql.ts', '../database.ts'],
  ['lib/database/dialects/managed.ts', './mysql.ts'],
  ['lib/database/dialects/mysql.ts', '../../sessions/session.ts'],
  ['lib/sessions/any.ts', '../database/database.ts'],
  ['lib/sessions/any.ts', '../errors.ts'],
  ['lib/services.ts', '@aws-sdk/client-secrets-manager'],
  ['lib/audit/dynamodb/any.ts', '@aws-sdk/client-dynamodb'],
  ['lib/http/pipeline.ts', '@middy/core'],
  ['lib/telemetry/log.ts', '@aws-lambda-powertools/logger'],
  ['lib/telemetry/publish-metrics.ts', '@aws-lambda-powertools/metrics'],
  ['lib/telemetry/call.ts', '@opentelemetry/api'],
  ['lib/sessions/any.ts', '../telemetry/call.ts'],
  ['functions/kill-query.ts', '../lib/sessions/kill/kill.ts'],
  ['functions/get-openapi.ts', '../docs/openapi.json'],
  ['functions/get-console.ts', '../console/build.ts'],
  ['functions/kill-query.ts', './wiring/deployed-services.ts'],
  ['functions/wiring/any.ts', '@aws-sdk/client-sqs'],
  ['infra/app.ts', 'aws-cdk-lib'],
  ['infra/app.ts', '../lib/config/config.ts'],
  ['infra/function-code.ts', '../lib/config/config-json.ts'],
  ['infra/storage.ts', '../lib/state/tables.ts'],
  ['infra/monitoring/watch.ts', '../lib/telemetry/metrics.ts'],
  ['infra/stacks/api.ts', '../../functions/routes.ts'],
  ['infra/bundling/any.ts', '../../lib/errors.ts'],
  ['local/gateway/gateway.ts', '../functions/routes.ts'],
  ['console/page/any.tsx', '../../lib/reaper/units.ts'],
  ['console/page/any.tsx', '../../client/api.d.ts'],
];

describe('the linter', () => {
  it.each(FORBIDDEN)('refuses that %s imports %s', (file, from) => {
    expect(isRefused(file, importing(from))).toBe(true);
  });

  it.each(ALLOWED)('lets %s import %s', (file, from) => {
    expect(isRefused(file, importing(from))).toBe(false);
  });

  it.each([
    ["import type { Handler } from '../functions/kill-query.ts';\n\nexport type Same = Handler;\n"],
    ["export { handler } from '../functions/kill-query.ts';\n"],
    ["export const load = () => import('../functions/kill-query.ts');\n"],
  ])('sees every way of importing: %s', (source) => {
    expect(isRefused('lib/errors.ts', source)).toBe(true);
  });
});
