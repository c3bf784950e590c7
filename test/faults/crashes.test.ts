import { readFileSync, rmSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { engines } from '../engines/engines.ts';
import { type Cell, nameOf } from './cell.ts';
import { field } from './field.ts';
import { runCells } from './run-cells.ts';
import { watch } from './watched-server.ts';

const cell = (packets: number): Cell => ({
  useCase: 'kill connection',
  place: { step: 'list', moment: 'midway', packets },
  fault: 'cut',
});
const CELLS = [cell(1), cell(2), cell(3), cell(4)];

describe.each(engines.filter(({ name }) => name === 'mariadb'))(
  'a $name that crashes by itself',
  ({ name, url = '' }) => {
    it.skipIf(!url)('is started again with its log kept, and what ran meanwhile runs again', async (context) => {
      let runs = 0;
      const crew = await field(name, url, 2, (pid) => {
        if (++runs === 2) process.kill(pid, 'SIGSEGV');
      });
      try {
        context.skip(!crew.isOwn, 'MariaDB is not installed, so that there is none to crash');
        const report = await runCells(CELLS, crew);
        expect(report).toEqual({ tried: CELLS.length, wrong: 0, lost: 0, left: 0, complaints: [] });
        expect(runs).toBeGreaterThan(CELLS.length);
        expect(crew.server.crashes).toHaveLength(1);
        for (const log of crew.server.crashes) expect(readFileSync(log, 'utf8')).toContain('got signal 11');
      } finally {
        for (const log of crew.server.crashes) rmSync(log);
        await crew.clear();
      }
    });

    it.skipIf(!url)(
      'is not excused for a cell under which it crashes twice, and no wrong answer is excused by it',
      async (context) => {
        const crew = await field(name, url, 1, (pid) => process.kill(pid, 'SIGSEGV'));
        try {
          context.skip(!crew.isOwn, 'MariaDB is not installed, so that there is none to crash');
          const report = await runCells([cell(1)], {
            ...crew,
            run: (slot, one, heard) => {
              heard({ wrong: ['said untyped: oh'], lost: [] });
              return crew.run(slot, one, () => {});
            },
          });
          expect(report).toMatchObject({ tried: 0, wrong: 2 });
          expect(report.complaints).toEqual(
            ['said untyped: oh', 'said untyped: oh', 'the server crashed under it 2 times'].map(
              (what) => `${nameOf(cell(1))}: ${what}`,
            ),
          );
          expect(crew.server.crashes).toHaveLength(2);
        } finally {
          for (const log of crew.server.crashes) rmSync(log);
          await crew.clear();
        }
      },
    );
  },
);

it('a server that does not answer and has not crashed is not waited for in silence', async () => {
  const server = {
    url: '',
    pid: () => 0,
    onCrash: () => {},
    stop: async () => {},
    crash: async () => {},
    restart: async () => {},
  };
  const watched = watch(
    server,
    () => Promise.reject(new Error('no answer')),
    async () => {},
    100,
  );
  await expect(watched.ready()).rejects.toThrow('no answer');
});
