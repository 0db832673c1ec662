const WIDTH = 64;
const HEIGHT = 18;
/** Seconds that are drawn. */
const SHOWN = 120;

/** The last two minutes of a queue as a line; what it means is said beside it. */
export const Sparkline = ({ values = [] }: { values: readonly (number | null)[] | undefined }) => {
  const shown = values.slice(-SHOWN);
  const top = Math.max(1, ...shown.map((value) => value ?? 0));
  const points = shown.map((value, index) => {
    const x = WIDTH - (shown.length - 1 - index) * (WIDTH / (SHOWN - 1));
    return `${x.toFixed(1)},${(HEIGHT - 1 - ((value ?? 0) / top) * (HEIGHT - 3)).toFixed(1)}`;
  });
  return (
    <svg className="spark" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
      <polyline points={points.join(' ')} />
    </svg>
  );
};
