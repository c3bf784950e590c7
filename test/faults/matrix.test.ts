import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createSecureContext } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { aCertificate } from '../engines/a-certificate.ts';
import type { EngineName } from '../engines/engine-status.ts';
import { engines } from '../engines/engines.ts';
import { type Cell, nameOf, runCell } from './cell.ts';
import { writeFigures } from './figures.ts';
import { Ground } from './ground.ts';
import { FAULTS, placesOf, USE_CASES } from './places.ts';

const SLOTS = 24;
const TRIES = 3;

/** Every use case, broken in every way at every place. */
const cellsOf = (engine: EngineName): readonly Cell[] =>
  USE_CASES.flatMap((useCase) =>
    placesOf(useCase, engine).flatMap((place) => FAULTS.map((fault) => ({ useCase, place, fault }))),
  ).filter(({ useCase }) => !process.env['FAULTS_ONLY'] || useCase === process.env['FAULTS_ONLY']);

describe.each(engines)('every step broken in every way on $name', ({ name, url = '' }) => {
  it.skipIf(!url)(
    'answers truly, keeps a true record, leaves no connection, and can be asked again',
    async () => {
      const certificate = await aCertificate('DNS:localhost');
      const pem = (file: string) => readFileSync(join(certificate.folder, file));
      const secure = createSecureContext({ key: pem('server.key'), cert: pem('server.pem') });
      const ground = await Ground.prepare(url, name, SLOTS);
      const cells = cellsOf(name);
      const queue = [...cells];
      const complaints: string[] = [];
      const figures = { tried: 0, wrong: 0, lost: 0, left: 0 };
      const worker = async (slot: number): Promise<void> => {
        for (let cell = queue.pop(); cell !== undefined; cell = queue.pop()) {
          const bench = { ground, slot, secure, ca: certificate.ca };
          let result = await runCell(bench, cell);
          for (let again = 1; again < TRIES && !result.happened; again++) result = await runCell(bench, cell);
          const { happened, wrong, lost, left } = result;
          if (happened) figures.tried++;
          figures.wrong += wrong.length;
          figures.lost += lost.length;
          figures.left += left;
          const found = [...wrong, ...lost, ...(left > 0 ? [`${left} connections left`] : [])];
          if (!happened) found.push('the call never came to the place');
          complaints.push(...found.map((what) => `${nameOf(cell)}: ${what}`));
        }
      };
      try {
        await Promise.all(Array.from({ length: SLOTS }, (_, slot) => worker(slot)));
      } finally {
        await ground.clear(SLOTS);
        rmSync(certificate.folder, { recursive: true });
        const note = `${cells.length} cells: ${USE_CASES.length} calls, every step, ${FAULTS.join(', ')}`;
        writeFigures({ name: `Faults, ${name}`, ...figures, findings: null, note });
      }
      expect(complaints.sort().join('\n')).toBe('');
      expect(figures.tried).toBe(cells.length);
    },
    600_000,
  );
});
