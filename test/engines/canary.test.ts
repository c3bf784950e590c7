import { describe, expect, it } from 'vitest';
import { ConnectedDatabase } from '../../lib/database/connected-database.ts';
import { connect } from '../../lib/database/connection.ts';
import type { Source } from '../../lib/database/dialect.ts';
import { DIALECTS } from '../../lib/database/dialects/index.ts';
import { sessionId } from '../../lib/sessions/session.ts';
import { checkTarget } from '../../lib/targets/check-target.ts';
import { takeSamples } from '../../lib/telemetry/samples.ts';
import { emitting } from '../support/emitted.ts';
import { list, OPERATOR, servicesFor } from './a-server.ts';
import { engines } from './engines.ts';

/** The same list without our own session, as a server shows it that keeps others from us too. */
const withoutUs = (source: Source): Source => {
  const hide = (from: string): string =>
    from.replace(/(\S+PROCESSLIST) p\b/i, '(SELECT * FROM $1 WHERE ID <> CONNECTION_ID()) p');
  return {
    ...source,
    name: `a part of ${source.name}`,
    from: hide(source.from),
    ...(source.listFrom !== undefined && { listFrom: hide(source.listFrom) }),
  };
};

describe.each(engines)('our own session in the list of $name', ({ name, url = '' }) => {
  emitting();
  const found = () =>
    takeSamples().flatMap((sample) => (sample.name === 'Canaries' ? [sample.dimensions['found']] : []));

  /** Services whose database reads these sources. */
  async function reading(alter: (sources: readonly Source[]) => readonly Source[]) {
    const services = servicesFor(url);
    const usual = await services.open({ name: 'local' });
    const { server } = usual;
    await usual.close();
    const open = async () => {
      const { value } = await services.targets.candidates({ name: 'local' })[Symbol.asyncIterator]().next();
      const connection = await connect(value, { connect: 3, statement: 5, overall: 10 });
      const { sets } = await connection.query('SELECT CONNECTION_ID() AS id');
      const ownId = sessionId(String(sets[0]?.[0]?.['id']));
      const identity = DIALECTS[name].identities.at(-1) ?? '';
      const sources = DIALECTS[name].sources(`${server.version} ${name === 'oceanbase' ? 'seekdb' : ''}`, identity);
      return new ConnectedDatabase(connection, DIALECTS[name], alter(sources), { ...server, ownId }, '');
    };
    return { ...services, open };
  }

  it.skipIf(!url)('is found at once, says health', async () => {
    const services = servicesFor(url);
    takeSamples();
    expect(await checkTarget(services, { principal: OPERATOR, target: 'local' })).toMatchObject({
      canary: true,
      source: { weakness: null },
    });
    expect(found()).toEqual(['at-once']);
  });

  it.skipIf(!url)('is found in a lesser list, where the best one leaves it out', async () => {
    const services = await reading((sources) => [...sources.map(withoutUs).slice(0, 1), ...sources]);
    takeSamples();
    const health = await checkTarget(services, { principal: OPERATOR, target: 'local' });
    expect(health).toMatchObject({ reachable: true, canary: true });
    expect(health.source?.weakness).toContain('does not show our own session');
    expect(found()).toEqual(['elsewhere']);
  });

  it.skipIf(!url)('is found nowhere: then nothing is listed at all', async () => {
    const services = await reading((sources) => sources.map(withoutUs));
    takeSamples();
    expect(await checkTarget(services, { principal: OPERATOR, target: 'local' })).toMatchObject({
      reachable: false,
      canary: false,
      problem: { code: 'target-failed', detail: expect.stringContaining('shows our own session') },
    });
    expect(found()).toEqual(['nowhere']);
    await expect(list(services)).rejects.toMatchObject({ code: 'target-failed' });
  });
});
