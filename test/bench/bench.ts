/** `npm run bench -- <name>`: runs one benchmark of this folder, prints its figures and writes results/<name>.md. */
const BENCHES: Readonly<Record<string, () => Promise<{ run(): Promise<void> }>>> = {
  list: () => import('./list.ts'),
  reap: () => import('./reap.ts'),
  match: () => import('./match.ts'),
  'cold-start': () => import('./cold-start.ts'),
};

const [name = 'list'] = process.argv.slice(2);
const load = BENCHES[name];
if (load === undefined) {
  console.error(`usage: npm run bench -- ${Object.keys(BENCHES).join('|')}`);
  process.exit(2);
}
await (await load()).run();
