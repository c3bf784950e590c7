import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { AppError, ERRORS, type ErrorCode } from '../../../lib/errors.ts';

const page = readFileSync(new URL('../../../docs/errors.md', import.meta.url), 'utf8');
const documented = new Map(
  [...page.matchAll(/^## (\S+)\n\nStatus (\d{3})\. /gm)].map(([, code, status]) => [String(code), Number(status)]),
);
const codes = Object.keys(ERRORS) as ErrorCode[];

it('documents each code of the catalogue with its status', () => {
  expect(Object.fromEntries(documented)).toEqual(Object.fromEntries(codes.map((code) => [code, ERRORS[code].status])));
});

it('documents each code once, in the order of the catalogue, and nothing else', () => {
  expect([...page.matchAll(/^## (.+)$/gm)].map(([, code]) => code)).toEqual(codes);
});

it.each(codes)('gives %s a title and a hint that are sentences', (code) => {
  const { title, hint } = ERRORS[code];
  expect(title).toMatch(/^[A-Z].+\.$/);
  expect(hint).toMatch(/^[A-Z].+\.$/);
});

it('carries code, status, hint and title, and keeps the cause', () => {
  const cause = new Error('secret');
  const error = new AppError('target-full', { cause, retryAfter: 3 });
  expect(error).toMatchObject({ code: 'target-full', status: 503, retryAfter: 3, cause, detail: undefined });
  expect(error.message).toBe(ERRORS['target-full'].title);
});

it.each(codes.filter((code) => code.startsWith('target-')))(
  'speaks of AWS at %s only where the target is there',
  (code) => {
    const here = new AppError(code).hint;
    const there = new AppError(code, { inSecretsManager: true }).hint;
    expect(here).not.toMatch(/secret|rotat|security group|VPC|AWS|function/i);
    expect(there.startsWith(here)).toBe(true);
  },
);

it('names the secret where the credentials are one', () => {
  expect(new AppError('target-denied', { inSecretsManager: true }).hint).toMatch(/secret.*rotation/);
});
