import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../../../lib/config/config.ts';
import { needsPerson, type Principal, withAgent } from '../../../../lib/privileges/principal.ts';

const config = parseConfig(
  "agents: { clients: ['robot-*'], roles: ['arn:aws:iam::123456789012:role/Agent*'] }",
  'test',
);
const ada: Principal = { source: 'jwt', subject: 'ada', groups: [], claims: { sub: 'ada' } };
const iam = (role: string): Principal => ({
  ...{ source: 'iam', groups: [], claims: {} },
  subject: `arn:aws:iam::123456789012:role/${role}`,
});

describe('an agent', () => {
  it('is named by the header, and counts with any header at all', () => {
    expect(withAgent(ada, undefined, config)).toBe(ada);
    expect(withAgent(ada, 'claude-code/2.1', config).agent).toBe('claude-code/2.1');
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (header) => {
        const { agent = '', ...rest } = withAgent(ada, header, config);
        expect(agent.length).toBeGreaterThan(0);
        expect(agent.length).toBeLessThanOrEqual(100);
        expect(agent).not.toMatch(/[\p{Cc}\p{Bidi_Control}]/u);
        expect(rest).toEqual(ada);
        expect(needsPerson(config, { agent })).toBe(true);
      }),
    );
  });

  it.each([
    [{ ...ada, claims: { ...ada.claims, azp: 'robot-7' } }, 'robot-7'],
    [{ ...ada, claims: { ...ada.claims, client_id: 'robot-7', azp: 'browser' } }, 'robot-7'],
    [{ ...ada, claims: { ...ada.claims, client_id: 'browser', azp: 'robot-7' } }, 'robot-7'],
    [{ ...ada, claims: { ...ada.claims, client_id: 'browser' } }, undefined],
    [iam('Agent7'), 'arn:aws:iam::123456789012:role/Agent7'],
    [iam('Dba'), undefined],
    // A chat's own words are no token's.
    [{ ...ada, source: 'slack', claims: { azp: 'robot-7' } } as Principal, undefined],
  ])('cannot leave out the header where its credentials are listed: %j', (principal, agent) => {
    expect(withAgent(principal, undefined, config).agent).toBe(agent);
    expect(withAgent(principal, 'x/1', config).agent).toBe('x/1');
  });

  it('needs a person unless the configuration leaves that to access rules', () => {
    const byRule = parseConfig('agents: { approval: by-rule }', 'test');
    expect([needsPerson(config, ada), needsPerson(config, { ...ada, agent: 'x' })]).toEqual([false, true]);
    expect(needsPerson(byRule, { ...ada, agent: 'x' })).toBe(false);
  });
});
