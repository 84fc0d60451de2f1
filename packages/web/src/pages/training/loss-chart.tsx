import { type ReactNode, useEffect, useRef } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { useColourScheme } from '../../design/theme.js';
import type { Curve } from './run-curve.js';

const HEIGHT = 260;

/** Loss by step: training loss, raw and smoothed, and validation loss. Colours follow the theme. */
export function LossChart({ curve, steps }: { curve: Curve; steps: number | null }): ReactNode {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const latest = useRef(curve);
  latest.current = curve;
  const scheme = useColourScheme();

  // biome-ignore lint/correctness/useExhaustiveDependencies: another colour scheme is another chart
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const chart = new uPlot(options(element, steps), dataOf(latest.current), element);
    plot.current = chart;
    showLatest(chart);
    const observer = new ResizeObserver(() => chart.setSize({ width: element.clientWidth, height: HEIGHT }));
    observer.observe(element);
    return () => {
      observer.disconnect();
      chart.destroy();
      plot.current = null;
    };
  }, [scheme, steps]);
  useEffect(() => {
    plot.current?.setData(dataOf(curve));
    if (plot.current) showLatest(plot.current);
  }, [curve]);

  const last = curve.validation.findLast((loss) => loss !== null);
  const label = `Loss over ${curve.steps.at(-1) ?? 0} steps; validation loss now ${last?.toFixed(3) ?? 'not measured yet'}`;
  return <div ref={box} className="loss-chart" role="img" aria-label={label} />;
}

/** The legend has the latest figure of each line unless the reader points at others. */
function showLatest(chart: uPlot): void {
  const { cursor, data } = chart;
  if (cursor.idx !== null && cursor.idx !== undefined) return;
  chart.setLegend({ idxs: data.map((line) => line.findLastIndex((figure) => figure !== null)) }, false);
}

function dataOf({ steps, train, smooth, validation }: Curve): uPlot.AlignedData {
  return [steps, train, smooth, validation];
}

/** The colour that a CSS variable has in the current theme. */
function colourIn(element: HTMLElement): (name: string) => string {
  return (name) => {
    const probe = document.createElement('span');
    probe.style.color = `var(${name})`;
    element.append(probe);
    const { color } = getComputedStyle(probe);
    probe.remove();
    return color;
  };
}

/** A step is a whole number. */
const WHOLE_STEPS = [1, 2, 5]
  .flatMap((unit) => [0, 1, 2, 3, 4, 5].map((power) => unit * 10 ** power))
  .sort((a, b) => a - b);

function options(element: HTMLElement, steps: number | null): uPlot.Options {
  const colour = colourIn(element);
  const axis = {
    stroke: colour('--text-muted'),
    font: '11px system-ui',
    grid: { stroke: colour('--border'), width: 1 },
    ticks: { stroke: colour('--border'), width: 1, size: 4 },
  };
  const figure = (_: uPlot, value: number | null) => (value === null ? '–' : value.toFixed(3));
  return {
    width: element.clientWidth,
    height: HEIGHT,
    hooks: { setCursor: [showLatest] },
    cursor: { points: { size: 6 }, drag: { x: false, y: false } },
    scales: {
      x: { time: false, range: (_, min, max) => [Math.min(min ?? 0, 0), Math.max(max ?? 1, steps ?? 1)] },
    },
    axes: [
      { ...axis, size: 32, space: 80, incrs: WHOLE_STEPS },
      { ...axis, size: 44, values: (_, ticks) => ticks.map((tick) => tick.toFixed(2)) },
    ],
    series: [
      { label: 'Step' },
      {
        label: 'Training',
        stroke: colour('--border-strong'),
        width: 1,
        points: { show: false },
        value: figure,
      },
      {
        label: 'Smoothed',
        stroke: colour('--text-muted'),
        width: 1.5,
        points: { show: false },
        spanGaps: true,
        value: figure,
      },
      {
        label: 'Validation',
        stroke: colour('--accent'),
        width: 2,
        spanGaps: true,
        points: { show: true, size: 6, fill: colour('--accent') },
        value: figure,
      },
    ],
  };
}
