import { useEffect, useRef } from 'react';
import UPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { time } from '../i18n/format.js';
import { colorOf } from './colors.js';
import { useFeed } from './feed.js';

/** One line: the name of its series in the history, and how it is called and coloured. */
export interface Line {
  series: string;
  label: string;
  color: '--accent' | '--good' | '--warn' | '--bad' | '--ink-soft';
}

interface Props {
  title: string;
  lines: readonly Line[];
}

const HEIGHT = 150;

/** The last five minutes of some series, drawn on. */
export const Plot = ({ title, lines }: Props) => {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<UPlot>(undefined);
  const { history } = useFeed();
  const named = lines.map(({ series }) => series).join();
  useEffect(() => {
    const made = (plot.current = new UPlot(optionsOf(lines, box.current!.clientWidth), [[]], box.current!));
    const stopFollowing = followSurroundings(box.current!, made);
    return () => {
      stopFollowing();
      made.destroy();
    };
  }, [named]);
  useEffect(() => {
    const { times, series } = history;
    const data = lines.map((line) => [...(series.get(line.series) ?? times.map(() => null))]);
    plot.current?.setData([[...times], ...data]);
  }, [history, lines]);
  return (
    <figure className="plot card">
      <figcaption>
        <strong>{title}</strong>
        {lines.map(({ series, label, color }) => (
          <span key={series} className={`key${color}`}>
            {label} <b>{lastOf(history.series.get(series))}</b>
          </span>
        ))}
      </figcaption>
      <div ref={box} aria-hidden="true" />
    </figure>
  );
};

function lastOf(values: readonly (number | null)[] | undefined): string {
  const value = values?.at(-1);
  return value === null || value === undefined ? '–' : String(Math.round(value * 10) / 10);
}

/** Colours are read when something is drawn, so that they follow the theme. */
const optionsOf = (lines: readonly Line[], width: number): UPlot.Options => ({
  width,
  height: HEIGHT,
  legend: { show: false },
  cursor: { show: false },
  scales: { y: { range: (_, __, max) => [0, Math.max(1, max * 1.1)] } },
  axes: [
    {
      stroke: () => colorOf('var(--ink-soft)'),
      grid: { show: false },
      ticks: { show: false },
      size: 26,
      space: 90,
      incrs: [5, 10, 20, 30, 60, 120],
      values: (_, seconds) => seconds.map((second) => time(new Date(second * 1_000).toISOString())),
    },
    {
      stroke: () => colorOf('var(--ink-soft)'),
      grid: { stroke: () => colorOf('var(--line)'), width: 1 },
      ticks: { show: false },
      size: 44,
    },
  ],
  series: [
    {},
    ...lines.map(({ label, color }) => ({
      label,
      stroke: () => colorOf(`var(${color})`),
      width: 2,
      points: { show: false },
    })),
  ],
});

/** Redraws when the box becomes wider or narrower, and when the theme changes. */
function followSurroundings(box: HTMLElement, plot: UPlot): () => void {
  const size = new ResizeObserver(() => plot.setSize({ width: box.clientWidth, height: HEIGHT }));
  const theme = new MutationObserver(() => plot.redraw());
  size.observe(box);
  theme.observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme'] });
  return () => {
    size.disconnect();
    theme.disconnect();
  };
}
