import type { TextCount } from './tables.js';

export interface TextLimits {
  /** Per day, about the account's orders. */
  textsPerAccount: number;
  /** Per day, for all accounts together. */
  codesPerNumber: number;
  /** Per day, about the account's orders and the products that it watches. */
  emailsPerAccount: number;
}

const DAY_MS = 86_400_000;

export const noTexts: TextCount = { texts: 0, textsSince: null };

/** Counts one more text by the clock of the database; undefined: the daily limit is reached. */
export function countText<C extends TextCount>(counted: C, most: number, now: Date): C | undefined {
  const { texts, textsSince } = counted;
  const isNewDay = textsSince === null || now.getTime() - textsSince.getTime() >= DAY_MS;
  if (isNewDay) return { ...counted, texts: 1, textsSince: now };
  return texts < most ? { ...counted, texts: texts + 1 } : undefined;
}
