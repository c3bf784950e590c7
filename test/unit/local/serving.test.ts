import { describe, expect, it, vi } from 'vitest';
import { Endings } from '../../../local/serving.ts';

describe('Endings', () => {
  it('ends the last begun first, once, and all of them whatever happens', async () => {
    const report = vi.spyOn(console, 'error').mockReturnValue();
    const trail: string[] = [];
    const endings = new Endings();
    endings.add(() => trail.push('first'));
    endings.add(() => Promise.reject(new Error('stuck')));
    endings.add(async () => void trail.push('last'));

    expect(endings.begun).toBe(false);
    await Promise.all([endings.endAll(), endings.endAll()]);

    expect(trail).toEqual(['last', 'first']);
    expect(endings.begun).toBe(true);
    expect(report).toHaveBeenCalledOnce();
    report.mockRestore();
  });
});
