import type { Cell } from './measure-cell.js';

const WIDTH = 720;
const HEIGHT = 320;
const MARGIN = { left: 64, right: 24, top: 24, bottom: 48 };
const COLOURS = ['#2f7d4f', '#7a4fbf', '#c26a1b', '#1f6fb2'];

/**
 * The validation loss over minutes of training as a share of its first value, a thin line for each codebase and a bold
 * one for the mean of each base (as far as all its codebases go), as SVG. The longest budget of each base.
 */
export function benefitChart(cells: readonly Cell[]): string {
  const trained = longest(cells.filter(({ curve }) => curve.length > 1));
  const bases = [...new Set(trained.map(({ base }) => base))];
  const most = Math.max(1, ...trained.map(({ curve }) => curve.at(-1)?.minutes ?? 0));
  const least = Math.min(0.9, ...trained.flatMap((cell) => relative(cell).map(({ loss }) => loss)));
  const x = (minutes: number) => MARGIN.left + (minutes / most) * (WIDTH - MARGIN.left - MARGIN.right);
  const y = (share: number) =>
    MARGIN.top + ((1 - share) / (1 - least)) * (HEIGHT - MARGIN.top - MARGIN.bottom);
  const path = (points: readonly Point[]) =>
    points
      .map(({ minutes, loss }, i) => `${i === 0 ? 'M' : 'L'}${x(minutes).toFixed(1)} ${y(loss).toFixed(1)}`)
      .join('');
  const lines = bases.flatMap((base, index) => {
    const colour = COLOURS[index % COLOURS.length];
    const own = trained.filter((cell) => cell.base === base).map(relative);
    const mean = meanOf(own);
    return [
      ...own.map(
        (points) => `<path d="${path(points)}" fill="none" stroke="${colour}" stroke-opacity="0.3"/>`,
      ),
      `<path d="${path(mean)}" fill="none" stroke="${colour}" stroke-width="3"/>`,
      `<text x="${MARGIN.left + 8}" y="${HEIGHT - MARGIN.bottom - 10 - 16 * index}" fill="${colour}">${base}, ${own.length} ${own.length === 1 ? 'codebase' : 'codebases'}</text>`,
    ];
  });
  const grid = [1, (1 + least) / 2, least].map(
    (share) =>
      `<path d="M${MARGIN.left} ${y(share).toFixed(1)}H${WIDTH - MARGIN.right}" stroke="#8888" stroke-dasharray="2 4"/>` +
      `<text x="${MARGIN.left - 8}" y="${(y(share) + 4).toFixed(1)}" text-anchor="end" fill="#777">${Math.round(100 * share)} %</text>`,
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="13">`,
    '<title>Validation loss over minutes of training, of its value before</title>',
    ...grid,
    ...lines,
    `<text x="${WIDTH - MARGIN.right}" y="${HEIGHT - 16}" text-anchor="end" fill="#777">minutes of training on 2 cores (to ${most.toFixed(0)})</text>`,
    `<text x="${MARGIN.left}" y="16" fill="#777">validation loss, of its value before training</text>`,
    '</svg>\n',
  ].join('\n');
}

type Point = Cell['curve'][number];

function relative({ curve }: Cell): Point[] {
  const first = curve[0];
  return curve.map(({ minutes, loss }) => ({
    minutes: minutes - (first?.minutes ?? 0),
    loss: loss / (first?.loss ?? 1),
  }));
}

/** Of each codebase and base the cell that trained longest. */
function longest(cells: readonly Cell[]): Cell[] {
  const kept = new Map<string, Cell>();
  for (const cell of cells) {
    const key = `${cell.name} ${cell.base}`;
    const other = kept.get(key);
    const minutes = ({ curve }: Cell) => curve.at(-1)?.minutes ?? 0;
    if (!other || minutes(cell) > minutes(other)) kept.set(key, cell);
  }
  return [...kept.values()];
}

/** The mean of all lines at the minutes of the first, as far as all of them go. */
function meanOf(lines: readonly Point[][]): Point[] {
  const end = Math.min(...lines.map((points) => points.at(-1)?.minutes ?? 0));
  const times = [...(lines[0] ?? []).map(({ minutes }) => minutes).filter((minutes) => minutes < end), end];
  return times.map((minutes) => ({
    minutes,
    loss: lines.reduce((sum, points) => sum + at(points, minutes), 0) / lines.length,
  }));
}

/** The value of a line at a minute, between its points in proportion. */
function at(points: readonly Point[], minutes: number): number {
  const next = points.findIndex((point) => point.minutes >= minutes);
  const after = points[next];
  const before = points[next - 1] ?? after;
  if (!after || !before || after.minutes === before.minutes) return (after ?? points.at(-1))?.loss ?? 1;
  const share = (minutes - before.minutes) / (after.minutes - before.minutes);
  return before.loss + share * (after.loss - before.loss);
}
