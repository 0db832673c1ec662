import { headline } from '../reason.js';
import type { DeadLetter } from './letter.js';

export interface Summary {
  count: number;
  /** Time of the first failure among the letters, RFC 3339; undefined when no letter has one recorded. */
  oldest: string | undefined;
  /** Most frequent first. */
  groups: Group[];
}

/** Letters of one type that failed for one reason. */
export interface Group {
  type: string;
  reason: string;
  count: number;
}

/** Groups reasons that differ only in ids and numbers. */
const sameKind = (reason: string): string =>
  headline(reason)
    .replaceAll(/\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/gi, '<id>')
    .replaceAll(/\d+/g, '<n>');

/** Counts the letters of a queue by type and reason. */
export async function summarise(
  letters:
    | AsyncIterable<Pick<DeadLetter, 'type' | 'reason' | 'failedAt'>>
    | Iterable<Pick<DeadLetter, 'type' | 'reason' | 'failedAt'>>,
): Promise<Summary> {
  const groups = new Map<string, Group>();
  const summary: Summary = { count: 0, oldest: undefined, groups: [] };
  for await (const { type = '(no type)', reason, failedAt } of letters) {
    const group = groups.get(`${type} ${sameKind(reason)}`) ?? { type, reason: headline(reason), count: 0 };
    groups.set(`${type} ${sameKind(reason)}`, { ...group, count: group.count + 1 });
    summary.count += 1;
    if (failedAt !== undefined && (summary.oldest === undefined || failedAt < summary.oldest))
      summary.oldest = failedAt;
  }
  return { ...summary, groups: [...groups.values()].sort((a, b) => b.count - a.count) };
}
