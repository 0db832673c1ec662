import type { CreateSale, Data } from '@sluice/contracts';
import { ProblemError } from '@sluice/messaging';

/** Limits of a sale's times, in days: it holds its pieces from its creation to its close. */
export interface SaleBounds {
  /** Between opening and closing. */
  SALE_LONGEST_DAYS: number;
  /** Between creation and opening. */
  SALE_AHEAD_DAYS: number;
}

const DAY_MS = 86_400_000;

/** @throws ProblemError 422, which names each limit that the times exceed */
export function expectTimes(times: Times, bounds: SaleBounds, now: Date): void {
  const [opensAt, closesAt] = [Date.parse(times.opensAt), Date.parse(times.closesAt)];
  const { SALE_LONGEST_DAYS: longest, SALE_AHEAD_DAYS: ahead } = bounds;
  const rules = [
    {
      path: 'opensAt',
      holds: opensAt <= now.getTime() + ahead * DAY_MS,
      message: `a sale opens at most ${days(ahead)} from now`,
    },
    {
      path: 'closesAt',
      holds: closesAt <= opensAt + longest * DAY_MS,
      message: `a sale closes at most ${days(longest)} after it opens`,
    },
    { path: 'closesAt', holds: closesAt > opensAt, message: 'a sale closes after it opens' },
    { path: 'closesAt', holds: closesAt > now.getTime(), message: 'a sale closes after now' },
  ];
  const errors = rules.flatMap(({ path, holds, message }) => (holds ? [] : [{ path, message }]));
  const detail = errors.map(({ message }) => message).join('; ');
  if (errors.length > 0) throw ProblemError.of(422, 'Not valid', detail, { errors });
}

type Times = Pick<Data<typeof CreateSale>, 'opensAt' | 'closesAt'>;
const days = (count: number): string => (count === 1 ? '1 day' : `${count} days`);
