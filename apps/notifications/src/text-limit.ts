import type { TextCount } from './tables.js';

export interface TextLimits {
  /** In a day, of what happens to their orders. */
  textsPerAccount: number;
  /** In a day, whoever's codes they are. */
  codesPerNumber: number;
}

const DAY_MS = 86_400_000;

export const noTexts: TextCount = { texts: 0, textsSince: null };

/** One text more, by the clock of the database; undefined: the day has had its texts. */
export function countText<C extends TextCount>(counted: C, most: number, now: Date): C | undefined {
  const { texts, textsSince } = counted;
  const isNewDay = textsSince === null || now.getTime() - textsSince.getTime() >= DAY_MS;
  if (isNewDay) return { ...counted, texts: 1, textsSince: now };
  return texts < most ? { ...counted, texts: texts + 1 } : undefined;
}
