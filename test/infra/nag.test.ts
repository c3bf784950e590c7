import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Validations } from 'aws-cdk-lib';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { AwsSolutionsChecks } from 'cdk-nag';
import { afterAll, describe, expect, it } from 'vitest';
import { API_KINDS, type ApiKind, REGIONS, type Region, stackIn } from './places.ts';
import { NOT_BUNDLED } from './synthesize.ts';

const outdir = mkdtempSync(join(tmpdir(), 'warden-nag-'));
afterAll(() => rmSync(outdir, { recursive: true }));

/** The app of someone who runs cdk-nag themselves. */
function anApp(region: Region, api: ApiKind) {
  const app = new App({ ...NOT_BUNDLED, outdir });
  const stack = stackIn(region, api, app);
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  return { app, stack };
}

describe.each(REGIONS)('cdk-nag in %s', (region) => {
  it.each(API_KINDS)('finds nothing unacknowledged, with a %s API', (api) => {
    expect(() => anApp(region, api).app.synth()).not.toThrow();
  });
});

it('would tell of what is not acknowledged', () => {
  const { app, stack } = anApp('us-east-1', 'public');
  new Bucket(stack, 'Careless');
  expect(() => app.synth()).toThrow('The S3 Bucket has server access logs disabled. (AwsSolutions)');
});
