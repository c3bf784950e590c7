import { describe, expect, it } from 'vitest';
import { durationSeconds, inWords, percentFraction, sizeBytes } from '../../../../lib/reaper/units.ts';

describe('a unit', () => {
  it.each(['', '5', 's', '5 s', '5x', ' 5s', '5s ', 'x5s', '5sx', '1234567890s', '5 minute s'])(
    '%j is no duration',
    (text) => expect(durationSeconds(text)).toBeUndefined(),
  );
  it.each([
    ['5s', 5],
    ['10m', 600],
    ['2h', 7_200],
    ['1d', 86_400],
    ['5 minutes', 300],
    ['1 day', 86_400],
    ['1 second', 1],
    ['3 hours', 10_800],
  ])('%s is %d seconds', (text, seconds) => expect(durationSeconds(text)).toBe(seconds));
  it.each([
    ['25%', 0.25],
    ['12.345 %', 0.12345],
    ['100%', 1],
    ['0%', undefined],
    ['100.1%', undefined],
    ['25% x', undefined],
    ['x25%', undefined],
    ['25', undefined],
  ])('%s is the share %s', (text, share) => expect(percentFraction(text)).toBe(share));
  it.each([
    ['1B', 1],
    ['15 KB', 15_000],
    ['2MiB', 2_097_152],
    ['1GiB', 1_073_741_824],
    ['3MB', 3e6],
    ['1GB', 1e9],
    ['1KiB', 1_024],
    ['x1B', undefined],
    ['1Bx', undefined],
    ['1', undefined],
    ['1TB', undefined],
  ])('%s is %s bytes', (text, bytes) => expect(sizeBytes(text)).toBe(bytes));
  it.each([
    [0, '0s'],
    [59, '59s'],
    [60, '1m'],
    [3_661, '1h 1m'],
    [90_061, '1d 1h'],
    [86_400, '1d'],
    [3_600, '1h'],
    [1.9, '1s'],
  ])('%d seconds are %s', (seconds, words) => expect(inWords(seconds)).toBe(words));
});
