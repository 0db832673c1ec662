/** What a row shall reach, either as a ratio to the best peer or in its own unit. */
export interface Aim {
  of: 'ratio' | 'value';
  atLeast?: number;
  atMost?: number;
}

/** One row of the table: our values and those of what they are compared with, one value per round. */
export interface Row {
  /** What was measured, with its unit: `orders completed per second, 256 in flight`. */
  work: string;
  digits?: number;
  ours: readonly number[];
  /** Values by name of the peer; of several peers the best one counts. */
  peers?: Readonly<Record<string, readonly number[]>>;
  /** Absent: the row explains another one. */
  aim?: Aim;
}
