const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 };
const DURATION = /^\d{1,9}(?:[smhd]| (?:second|minute|hour|day)s?)$/;

/** `90s`, `10m`, `2h`, `1d` or `5 minutes` in seconds; `undefined` for anything else, a number without its unit too. */
export function durationSeconds(text: string): number | undefined {
  if (!DURATION.test(text)) return undefined;
  const letter = text.charAt(text.search(/[a-z]/));
  return Number.parseInt(text, 10) * Number(SECONDS[letter]);
}

const PERCENT = /^(\d{1,3}(?:\.\d{1,3})?)\s?%$/;

/** `25%` as 0.25; `undefined` for anything else, for 0 % and for more than 100 %. */
export function percentFraction(text: string): number | undefined {
  const percent = Number(PERCENT.exec(text)?.[1] ?? Number.NaN);
  return percent > 0 && percent <= 100 ? percent / 100 : undefined;
}

/** A fraction in percent, with as many digits as tell it from its limit: 0.25 is `25%`, 0.2504 is `25.04%`. */
export const inPercent = (fraction: number): string => `${Number((fraction * 100).toFixed(2))}%`;

const BYTES: Readonly<Record<string, number>> = {
  B: 1,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  KiB: 1024,
  MiB: 1024 ** 2,
  GiB: 1024 ** 3,
};
const SIZE = /^\d{1,9}\s?(?:[KMG]i?B|B)$/;

/** `100MB` or `1 GiB` in bytes; `undefined` for anything else. */
export function sizeBytes(text: string): number | undefined {
  if (!SIZE.test(text)) return undefined;
  const unit = text.slice(text.search(/[A-Z]/));
  return Number.parseInt(text, 10) * Number(BYTES[unit]);
}

/** Seconds as people write them: `90s`, `10m`, `2h 5m`. */
export function inWords(seconds: number): string {
  const whole = Math.floor(seconds);
  const parts = [
    [Math.floor(whole / 86_400), 'd'],
    [Math.floor(whole / 3_600) % 24, 'h'],
    [Math.floor(whole / 60) % 60, 'm'],
    [whole % 60, 's'],
  ] as const;
  const told = parts.filter(([count]) => count > 0).slice(0, 2);
  return told.length === 0 ? '0s' : told.map(([count, unit]) => `${count}${unit}`).join(' ');
}
