import { describe, expect, it } from 'vitest';
import { pageNow as enginesPage, resultsOf } from '../matrix/matrix.ts';
import { pageNow as peersPage } from '../matrix/peers.ts';

describe('a table of results', () => {
  it.each([
    // npm run engines -- --page, and npm run peers
    ['docs/engines.md', enginesPage],
    ['docs/from-pt-kill.md', peersPage],
  ])('of %s is what results/ says', (_, page) => {
    const { is, should } = page();
    expect(is).toBe(should);
  });

  it('of engines counts a test under the server that its name tells, and leaves out what no version is known of', () => {
    const ran = (name: string, status: string) => ({ fullName: `list on ${name} > filters`, status });
    const tests = [ran('oceanbase 4.3.5', 'passed'), ran('oceanbase', 'failed'), ran('mysql', 'skipped')];
    const json = { testResults: [{ name: '/test/engines/list.test.ts', assertionResults: tests }] };
    const said =
      'engine: oceanbase 5.7.25-OceanBase seekdb-v1.4.0.0\nengine: oceanbase 4.3.5 5.7 seekdb-v1.3.0.0\nengine: mysql 9.7.4-2\n';
    const about = (passed: number, failed: number) => ({
      'sessions: list, filters, pages, masked literals': { passed, failed },
    });
    expect(resultsOf(json, said, '2026-11-30')).toEqual([
      { server: 'OceanBase kernel 4.3.5', version: 'seekdb-v1.3.0.0', day: '2026-11-30', features: about(1, 0) },
      { server: 'OceanBase kernel 1.4', version: 'seekdb-v1.4.0.0', day: '2026-11-30', features: about(0, 1) },
      { server: 'MySQL', version: '9.7.4', day: '2026-11-30', features: {} },
    ]);
  });
});
