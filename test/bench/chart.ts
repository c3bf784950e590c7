import { GROWING, type Growing, middle, type Point } from './growth.ts';

const WIDTH = 300;
const HEIGHT = 210;
const LEFT = 58;
const TOP = 44;
const GAP = 26;
const BELOW = 34;
const LEGEND_HEIGHT = 70;
const LAMBDA_MIB = 256;

const STYLE = `text { font: 11px system-ui, sans-serif; fill: #3d444d } .title { font-weight: 600; font-size: 12px }
.grid { stroke: #d1d9e0; stroke-width: 1 } .limit { stroke: #3d444d; stroke-dasharray: 2 3 } .line { fill: none; stroke-width: 2 } .theirs { stroke-dasharray: 6 4 }
.list { stroke: #0969da; fill: #0969da } .page { stroke: #1a7f37; fill: #1a7f37 } .blockers { stroke: #8250df; fill: #8250df }
.reaper { stroke: #cf222e; fill: #cf222e } .pt-kill { stroke: #bc4c00; fill: #bc4c00 } .raw { stroke: #6e7781; fill: #6e7781 }
@media (prefers-color-scheme: dark) { text { fill: #d1d7e0 } .grid { stroke: #3d444d } .limit { stroke: #d1d7e0 }
.list { stroke: #4493f8; fill: #4493f8 } .page { stroke: #3fb950; fill: #3fb950 } .blockers { stroke: #ab7df8; fill: #ab7df8 }
.reaper { stroke: #f85149; fill: #f85149 } .pt-kill { stroke: #f0883e; fill: #f0883e } .raw { stroke: #9198a1; fill: #9198a1 } }`;

/** A scale from a value to a place, with the values that are written beside it. */
interface Scale {
  readonly at: (value: number) => number;
  readonly ticks: readonly number[];
  readonly inWords: (value: number) => string;
}

const powersOfTen = (from: number, to: number): readonly number[] =>
  Array.from({ length: Math.round(Math.log10(to / from)) + 1 }, (_, index) => from * 10 ** index);

const log = (from: number, to: number, length: number) => (value: number) =>
  (Math.log(value / from) / Math.log(to / from)) * length;

const inShort = (count: number): string => (count < 1_000 ? `${count}` : `${count / 1_000}k`);

function timeScale(points: readonly Point[]): Scale {
  const all = points.map(middle);
  const from = 10 ** Math.floor(Math.log10(Math.min(...all)));
  const to = 10 ** Math.ceil(Math.log10(Math.max(...all)));
  const inWords = (ms: number) => (ms < 1_000 ? `${ms} ms` : `${ms / 1_000} s`);
  return { at: log(from, to, HEIGHT), ticks: powersOfTen(from, to), inWords };
}

function memoryScale(points: readonly Point[]): Scale {
  const most = Math.max(LAMBDA_MIB, ...points.map(({ bytes }) => bytes / 2 ** 20));
  const ticks = Array.from({ length: Math.ceil(most / 100) + 1 }, (_, index) => index * 100);
  const top = ticks.at(-1) ?? most;
  return { at: (mib) => (mib / top) * HEIGHT, ticks, inWords: (mib) => `${mib} MiB` };
}

const text = (x: number, y: number, words: string, more = ''): string =>
  `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" ${more}>${words}</text>`;

function panel(title: string, points: readonly Point[], x: Scale, y: Scale, of: (point: Point) => number): string {
  const place = (point: Point) => ({ px: x.at(point.sessions), py: HEIGHT - y.at(of(point)) });
  const grid = y.ticks.map((tick) => {
    const height = HEIGHT - y.at(tick);
    return `<line class="grid" x1="0" x2="${WIDTH}" y1="${height.toFixed(1)}" y2="${height.toFixed(1)}"/>${text(-6, height + 4, y.inWords(tick), 'text-anchor="end"')}`;
  });
  const below = x.ticks.map((tick) => text(x.at(tick), HEIGHT + 16, x.inWords(tick), 'text-anchor="middle"'));
  const lines = [...Map.groupBy(points, ({ what }) => what)].map(([what, series]) => {
    const places = series.toSorted((a, b) => a.sessions - b.sessions).map(place);
    const line = places.map(({ px, py }) => `${px.toFixed(1)},${py.toFixed(1)}`).join(' ');
    const dots = places.map(({ px, py }) => `<circle cx="${px.toFixed(1)}" cy="${py.toFixed(1)}" r="2.5"/>`).join('');
    return `<g class="${what}"><polyline class="line${isTheirs(what) ? ' theirs' : ''}" points="${line}"/>${dots}</g>`;
  });
  return [text(0, -10, title, 'class="title"'), ...grid, ...below, ...lines].join('\n');
}

const isTheirs = (what: Growing): boolean => what === 'pt-kill' || what === 'raw';

/** Growth as a chart: above, what a look takes; below, the most memory of its process; a column for each server. It reads in light and in dark. */
export function growthChart(all: readonly Point[]): string {
  const points = all.filter(({ statement }) => statement === 0);
  const servers = [...new Set(points.map(({ server }) => server))];
  const sizes = [...new Set(points.map(({ sessions }) => sessions))].sort((a, b) => a - b);
  const [least = 1, most = 1] = [sizes[0], sizes.at(-1)];
  const x: Scale = { at: log(least, most, WIDTH), ticks: sizes, inWords: inShort };
  const [time, memory] = [timeScale(points), memoryScale(points)];
  const limit = HEIGHT - memory.at(LAMBDA_MIB);
  const panels = servers.map((server, column) => {
    const own = points.filter((point) => point.server === server);
    const left = LEFT + column * (WIDTH + LEFT + GAP);
    return `<g transform="translate(${left} ${TOP})">${panel(`${server}: time`, own, x, time, middle)}</g>
<g transform="translate(${left} ${TOP + HEIGHT + BELOW + TOP})"><line class="limit" x1="0" x2="${WIDTH}" y1="${limit}" y2="${limit}"/>${panel(`${server}: memory of the process`, own, x, memory, ({ bytes }) => bytes / 2 ** 20)}</g>`;
  });
  const width = servers.length * (LEFT + WIDTH + GAP);
  const legendTop = 2 * (TOP + HEIGHT + BELOW) + 14;
  const perRow = Math.max(1, Math.floor(width / 260));
  const legend = (Object.keys(GROWING) as readonly Growing[]).map((what, index) => {
    const [left, top] = [LEFT + (index % perRow) * 260, legendTop + Math.floor(index / perRow) * 20];
    return `<g class="${what}"><line class="line${isTheirs(what) ? ' theirs' : ''}" x1="${left}" x2="${left + 24}" y1="${top}" y2="${top}"/></g>${text(left + 30, top + 4, GROWING[what])}`;
  });
  const height = legendTop + Math.max(LEGEND_HEIGHT, (Math.ceil(legend.length / perRow) + 1) * 20);
  const rows = Math.ceil(legend.length / perRow);
  const note = text(
    LEFT,
    legendTop + rows * 20 + 4,
    'Across: sessions. Dotted: 256 MiB. Both axes of time are logarithmic.',
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="Time and memory of a look, by the number of sessions">
<style>${STYLE}</style>
${[...panels, ...legend, note].join('\n')}
</svg>
`;
}
