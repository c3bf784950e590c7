import { describe, expect, it } from 'vitest';
import { matchRoute } from '../../../../local/gateway/gateway.ts';

const routes = [
  { method: 'GET', path: '/targets' },
  { method: 'GET', path: '/targets/{target}/{what}' },
  { method: 'GET', path: '/targets/{target}/sessions' },
  { method: 'GET', path: '/targets/{target}/sessions/{id}' },
  { method: 'DELETE', path: '/targets/{target}/sessions/{id}' },
];
const [, anything, sessions, one] = routes;

describe('matchRoute', () => {
  it('prefers a literal segment to a parameter', () => {
    expect(matchRoute(routes, 'GET', '/targets/a/sessions')).toEqual({ route: sessions, parameters: { target: 'a' } });
    expect(matchRoute(routes, 'GET', '/targets/a/other')).toMatchObject({ route: anything });
  });

  it('hands on parameters still encoded', () => {
    const parameters = { target: 'a%2Fb', id: '%31' };
    expect(matchRoute(routes, 'GET', '/targets/a%2Fb/sessions/%31')).toEqual({ route: one, parameters });
  });

  it('hands on all that follows, an empty end too, where nothing nearer is there', () => {
    const rest = { method: 'GET', path: '/targets/{all+}' };
    const all = [rest, ...routes];
    expect(matchRoute(all, 'GET', '/targets/a/b/c/d')).toEqual({ route: rest, parameters: { all: 'a/b/c/d' } });
    expect(matchRoute(all, 'GET', '/targets/')).toEqual({ route: rest, parameters: { all: '' } });
    expect(matchRoute(all, 'GET', '/targets')).toMatchObject({ route: routes[0] });
    expect(matchRoute(all, 'GET', '/targets/a/sessions')).toMatchObject({ route: sessions });
  });

  it('names the methods that the path takes', () => {
    expect(matchRoute(routes, 'PUT', '/targets/a/sessions/1')).toEqual({ allow: ['DELETE', 'GET'] });
  });

  it.each(['/', '', '/target', '/targets/', '/targets//sessions', '/targets/a/sessions/1/', '/TARGETS', '*'])(
    'has nothing at %j',
    (path) => {
      expect(matchRoute(routes, 'GET', path)).toEqual({ allow: [] });
    },
  );
});
