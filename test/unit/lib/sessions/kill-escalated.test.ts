import { describe, expect, it } from 'vitest';
import { AppError } from '../../../../lib/errors.ts';
import { createServices } from '../../../../lib/services.ts';
import { kill } from '../../../../lib/sessions/kill/kill.ts';
import { createUrlDirectory } from '../../../../lib/targets/database-url.ts';
import { memoryAuditStore } from '../../../support/memory-audit-store.ts';
import { operatorConfig } from '../../../support/operator-config.ts';
import { scriptedDatabase } from '../../../support/scripted-database.ts';
import { OPERATOR, run, victim } from './running-a-kill.ts';

describe('an escalation', () => {
  it('that cannot be recorded ends nothing, and loses nothing that was done before', async () => {
    const audit = memoryAuditStore();
    const begin = () => Promise.reject(new AppError('audit-unavailable'));
    const services = createServices(operatorConfig, createUrlDirectory(new Map()), { ...audit, begin });
    const { database, sent } = scriptedDatabase({ looks: [[victim]] });
    const context = { principal: OPERATOR, target: 'local', reason: null, correlationId: 'c', escalateAfter: 1 };
    const answers = await kill(services, database, context, [{ id: victim.id, kind: 'query', tag: null }]);
    expect(answers[0]).toMatchObject({ outcome: 'pending' });
    expect(sent.map(({ kind }) => kind)).toEqual(['query']);
  });

  it('ends the session of the same statement only', async () => {
    const { answer, sent } = await run({ looks: [[victim]] }, 'query', undefined, 1);
    expect(answer).toMatchObject({ outcome: 'pending' });
    expect(sent.map(({ kind, victims }) => [kind, victims[0]?.compareStatement])).toEqual([
      ['query', true],
      ['connection', true],
    ]);
  });
});
