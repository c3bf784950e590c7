import { cpus, totalmem } from 'node:os';
import { median } from './report.ts';

/** Ours beside a peer, in milliseconds of each pair. */
export interface Figure {
  /** The part of the bench that measured it. */
  readonly part: string;
  readonly what: string;
  /** Name and version of the server, where there is one. */
  readonly server: string | null;
  /** Name and version. */
  readonly peer: string;
  readonly ours: readonly number[];
  readonly theirs: readonly number[];
  /** The most that it may be: of the peer's time, or in milliseconds; `null` where nothing is aimed at. */
  readonly aim: { readonly ratio: number } | { readonly ms: number } | null;
  /** Left out of the table in docs/performance.md. */
  readonly isDetail?: boolean;
  readonly day: string;
  readonly machine: string;
}

/** What a part measures; when and where is added to it. */
export type Measured = Omit<Figure, 'part' | 'day' | 'machine'>;

/** Today, and what this runs on. */
export const circumstances = (): Pick<Figure, 'day' | 'machine'> => ({
  day: new Date().toISOString().slice(0, 10),
  machine: `${cpus().length} × ${cpus()[0]?.model ?? 'processor'}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}`,
});

/** Runs two in turn, the other one first each time, so that whatever else the machine does meets both alike. */
export async function alternating<Ours, Theirs>(
  pairs: number,
  ours: () => Promise<Ours>,
  theirs: () => Promise<Theirs>,
): Promise<{ readonly ours: readonly Ours[]; readonly theirs: readonly Theirs[] }> {
  const [mine, others]: [Ours[], Theirs[]] = [[], []];
  for (let pair = 0; pair < pairs; pair++) {
    if (pair % 2 === 0) mine.push(await ours());
    others.push(await theirs());
    if (pair % 2 === 1) mine.push(await ours());
  }
  return { ours: mine, theirs: others };
}

/** The middle of some figures, and the ends of their middle half. */
export function spread(figures: readonly number[]): { low: number; middle: number; high: number } {
  const sorted = figures.toSorted((a, b) => a - b);
  const quarter = Math.floor(sorted.length / 4);
  return {
    low: sorted[quarter] ?? Number.NaN,
    middle: median(sorted),
    high: sorted[sorted.length - 1 - quarter] ?? Number.NaN,
  };
}

/** Ours of each pair as a part of the peer's. */
export const ratios = ({ ours, theirs }: Pick<Figure, 'ours' | 'theirs'>): readonly number[] =>
  ours.map((time, pair) => time / (theirs[pair] ?? Number.NaN));

const HEAD = ['what', 'server', 'ours', 'the peer', '', 'ours / peer', 'aim', ''];

const span = (figures: readonly number[], digits: number, unit: string): string => {
  const { low, middle, high } = spread(figures);
  const [least, most] = [low.toFixed(digits), high.toFixed(digits)];
  return `${middle.toFixed(digits)}${unit}${figures.length > 1 ? ` (${least} – ${most})` : ''}`;
};

const inTime = (times: readonly number[]): string =>
  median(times) < 1_000
    ? span(times, 0, ' ms')
    : span(
        times.map((ms) => ms / 1_000),
        2,
        ' s',
      );

function againstAim(figure: Figure): readonly [aim: string, met: string] {
  const { aim } = figure;
  if (aim === null) return ['', ''];
  const met = 'ratio' in aim ? median(ratios(figure)) <= aim.ratio : median(figure.ours) <= aim.ms;
  return ['ratio' in aim ? `≤ ${aim.ratio}×` : `≤ ${aim.ms} ms`, met ? 'met' : 'missed'];
}

/** Figures as the cells of a table: medians, and the middle half of what was measured. */
export const figureRows = (
  figures: readonly Figure[],
): { readonly head: readonly string[]; readonly rows: readonly (readonly string[])[] } => ({
  head: HEAD,
  rows: figures.map((figure) => {
    const of = ratios(figure);
    const ratio = span(of, median(of) < 0.1 ? 3 : 2, '×');
    const times = [inTime(figure.ours), figure.peer, inTime(figure.theirs)];
    return [figure.what, figure.server ?? '', ...times, ratio, ...againstAim(figure)];
  }),
});
