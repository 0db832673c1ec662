import { z } from 'zod';

/**
 * What a user keeps of the moment of entry: how many were in line, and how many claims of the sale had been answered by then,
 * if that was known. A hint to its own user, so it is not signed.
 */
export interface QueueEntry {
  depth: number;
  drained?: number;
}

/** As it stands in an address: `<depth>.<drained>`, or the depth alone. */
export const EntryHint = z
  .string()
  .regex(/^\d{1,9}(\.\d{1,12})?$/, 'an entry is <depth>.<drained>')
  .transform((hint): QueueEntry => {
    const [depth, drained] = hint.split('.').map(Number);
    return { depth: depth!, ...(drained !== undefined && { drained }) };
  });

export const hintOf = ({ depth, drained }: QueueEntry): string =>
  drained === undefined ? `${depth}` : `${depth}.${drained}`;

/** Each is there when it is known. */
export const QueuePosition = z.object({
  ahead: z.int().optional().describe('About so many are answered first'),
  etaSeconds: z.int().optional().describe('About so long it takes'),
});
export type QueuePosition = z.output<typeof QueuePosition>;

/** What is known of the line now. */
export interface QueueState {
  depth?: number | undefined;
  drained?: number | undefined;
  /** Claims answered. */
  perSecond?: number | undefined;
}

/** Where somebody stands who came in at `entry`: no further back than then, less those who were answered since, nor than the line is long. */
export function positionOf({ depth, drained, perSecond }: QueueState, entry: QueueEntry | undefined): QueuePosition {
  const answered = Math.max(0, (drained ?? 0) - (entry?.drained ?? Infinity));
  const bounds = [entry && Math.max(0, entry.depth - answered), depth].filter((bound) => bound !== undefined);
  if (bounds.length === 0) return {};
  const ahead = Math.min(...bounds);
  return { ahead, ...(perSecond !== undefined && perSecond > 0 && { etaSeconds: Math.ceil(ahead / perSecond) }) };
}
