/** What a request may be routed to: a method and a path as API Gateway writes it, `/targets/{target}`. */
export interface RouteKey {
  readonly method: string;
  readonly path: string;
}

/** A route that matches, with the path's parameters still encoded; or the methods that this path does take. */
export type RouteMatch<R extends RouteKey> =
  | { readonly route: R; readonly parameters: Readonly<Record<string, string>> }
  | { readonly allow: readonly string[] };

/** Finds the route as API Gateway does: a literal segment wins over a `{parameter}`, a parameter is one segment and not empty. */
export function matchRoute<R extends RouteKey>(routes: readonly R[], method: string, path: string): RouteMatch<R> {
  const segments = path.split('/');
  const matching = routes
    .flatMap((route) => {
      const parameters = parametersOf(route.path.split('/'), segments);
      return parameters ? [{ route, parameters }] : [];
    })
    .sort((one, other) => rank(one.route.path).localeCompare(rank(other.route.path)));
  const found = matching.find(({ route }) => route.method === method);
  return found ?? { allow: [...new Set(matching.map(({ route }) => route.method))].sort() };
}

function parametersOf(pattern: readonly string[], segments: readonly string[]): Record<string, string> | undefined {
  if (pattern.length !== segments.length) return undefined;
  const entries: [string, string][] = [];
  for (const [index, part] of pattern.entries()) {
    const segment = segments[index] ?? '';
    const name = /^\{(\w+)\}$/.exec(part)?.[1];
    if (name === undefined ? part !== segment : segment === '') return undefined;
    if (name !== undefined) entries.push([name, segment]);
  }
  return Object.fromEntries(entries);
}

/** Sorts literal segments before parameters, from the left. */
const rank = (path: string): string =>
  path
    .split('/')
    .map((part) => (part.startsWith('{') ? '1' : '0'))
    .join('');
