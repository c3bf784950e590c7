import { expect, it } from 'vitest';
import { preload } from './lambda.ts';
import { whyUnlimited } from './limit-memory.ts';
import type { Stage } from './stage.ts';

/** More than a function has, in pieces that are no part of V8's heap. */
const HOARD = `const kept = []; globalThis.kept = kept; for (let at = 0; at < 64; at++) kept.push(Buffer.alloc(2 ** 24, 1));`;

/** What surrounds a function. */
export function inSandbox({ cloud }: Stage): void {
  it('cannot write where the code is, nor anywhere but in /tmp', async () => {
    const probe = preload(`import { rmSync, writeFileSync } from 'node:fs';
    for (const folder of [process.env.LAMBDA_TASK_ROOT, process.cwd(), '/etc', '/tmp'])
      try { writeFileSync(folder + '/probe', ''); rmSync(folder + '/probe'); console.log('wrote', folder); } catch (error) { console.log(error.code, folder); }`);
    await using lambda = await cloud().start('get-openapi', { node: [probe] });
    await lambda.invoke({});
    const root = cloud().functions.get('get-openapi')?.folder;
    expect(lambda.log().split('\n').slice(0, 4)).toEqual([
      `EROFS ${root}`,
      `EROFS ${root}`,
      'EROFS /etc',
      'wrote /tmp',
    ]);
  });

  const unlimited = whyUnlimited();
  it.skipIf(unlimited !== undefined)(
    `are ended where they take more memory than they have${unlimited ? ` - skipped: ${unlimited}` : ''}`,
    async () => {
      const memory = cloud().functions.get('get-openapi')?.memory ?? 0;
      expect(memory).toBeLessThan(64 * 16);
      await using lambda = await cloud().start('get-openapi', { node: [preload(HOARD)] });
      expect(await lambda.invoke({})).toMatchObject({
        error: { errorType: 'Runtime.ExitError', errorMessage: expect.stringMatching(/^SIGKILL/) },
      });
    },
  );
}
