/** Distance between two messages on an arrow, in pixels of the picture. */
const GAP = 22;
/** How far a message moves in the time of a pace. Pixels. */
const STRIDE = 44;
/** Distance between two points of a table. Pixels. */
const STEP = 2;
/** Pieces of a curve whose lengths are added up. */
const PIECES = 48;

type Point = readonly [x: number, y: number];

/** Points along an arrow, `STEP` pixels apart. */
export type Track = readonly Point[];

/** @param path as getBezierPath makes it: `M sx,sy C ax,ay bx,by tx,ty` */
export function trackOf(path: string): Track {
  const numbers = (path.match(/-?\d+(?:\.\d+)?(?:e-?\d+)?/g) ?? []).map(Number);
  const curve = [0, 2, 4, 6].map((index): Point => [numbers[index]!, numbers[index + 1]!]);
  const corners = Array.from({ length: PIECES + 1 }, (_, piece) => bezier(curve, piece / PIECES));
  const track: Point[] = [corners[0]!];
  let left = STEP;
  for (const [index, corner] of corners.entries()) {
    if (index === 0) continue;
    const before = corners[index - 1]!;
    const length = Math.hypot(corner[0] - before[0], corner[1] - before[1]);
    for (; left <= length; left += STEP) track.push(between(before, corner, left / length));
    left -= length;
  }
  return track;
}

function bezier(curve: readonly Point[], t: number): Point {
  const [s, a, b, e] = curve as [Point, Point, Point, Point];
  const u = 1 - t;
  const at = (axis: 0 | 1): number =>
    u ** 3 * s[axis] + 3 * u * u * t * a[axis] + 3 * u * t * t * b[axis] + t ** 3 * e[axis];
  return [at(0), at(1)];
}

const between = (one: Point, other: Point, part: number): Point => [
  one[0] + (other[0] - one[0]) * part,
  one[1] + (other[1] - one[1]) * part,
];

/** Where the messages on an arrow are. @param pace seconds for `STRIDE` pixels */
export function messagesOn(track: Track, pace: number, seconds: number): Point[] {
  const first = Math.round((((seconds / pace) * STRIDE) % GAP) / STEP);
  const found: Point[] = [];
  for (let index = first; index < track.length; index += GAP / STEP) found.push(track[index]!);
  return found;
}
