import { z } from 'zod';

/**
 * State of the queue when a claim entered it: its depth, and how many claims of the sale had been decided, if
 * available. A hint for the claim's own user, therefore not signed.
 */
export interface QueueEntry {
  depth: number;
  drained?: number;
}

/** Format in a URL: `<depth>.<drained>`, or the depth alone. */
export const EntryHint = z
  .string()
  .regex(/^\d{1,9}(\.\d{1,12})?$/, 'an entry is <depth>.<drained>')
  .transform((hint): QueueEntry => {
    const [depth, drained] = hint.split('.').map(Number);
    return { depth: depth!, ...(drained !== undefined && { drained }) };
  });

export const hintOf = ({ depth, drained }: QueueEntry): string =>
  drained === undefined ? `${depth}` : `${depth}.${drained}`;

/** A field is missing when its value is unknown. */
export const QueuePosition = z.object({
  ahead: z.int().optional().describe('About so many are answered first'),
  etaSeconds: z.int().optional().describe('About so long it takes'),
});
export type QueuePosition = z.output<typeof QueuePosition>;

/** Latest figures of the queue, as far as they are available. */
export interface QueueState {
  depth?: number | undefined;
  drained?: number | undefined;
  /** Claims decided per second. */
  perSecond?: number | undefined;
}

/**
 * Position of a claim that entered at `entry`: at most its depth then, less the claims decided since, and at most the
 * depth now.
 */
export function positionOf({ depth, drained, perSecond }: QueueState, entry: QueueEntry | undefined): QueuePosition {
  const answered = Math.max(0, (drained ?? 0) - (entry?.drained ?? Infinity));
  const bounds = [entry && Math.max(0, entry.depth - answered), depth].filter((bound) => bound !== undefined);
  if (bounds.length === 0) return {};
  const ahead = Math.min(...bounds);
  return { ahead, ...(perSecond !== undefined && perSecond > 0 && { etaSeconds: Math.ceil(ahead / perSecond) }) };
}
