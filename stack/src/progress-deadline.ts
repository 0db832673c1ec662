/** To be asked whether it is ready costs a process about 1 ms: what it does besides is progress. Milliseconds of a processor. */
const WORK_MS = 1_000;

/** What a process has done so far. */
export interface Activity {
  /** Lines, or characters, of output. */
  written?: number | undefined;
  /** Time of a processor, in milliseconds; undefined where it cannot be read. */
  processorMs?: number | undefined;
}

/** How long a process is waited for: while it makes progress, however slowly a busy machine lets it, and no longer. */
export class ProgressDeadline {
  readonly #end: number;
  #last: Activity & { at: number };

  constructor(
    private readonly options: {
      /** So long it may do nothing. Milliseconds. */
      idleMs: number;
      /** A generous end for one that is busy for ever. Milliseconds. */
      atMostMs: number;
      progress: () => Activity;
    },
  ) {
    this.#end = Date.now() + options.atMostMs;
    this.#last = { at: Date.now(), ...options.progress() };
  }

  /** Whether to wait no longer. */
  get isOver(): boolean {
    const now = { at: Date.now(), ...this.options.progress() };
    if (isProgress(this.#last, now)) this.#last = now;
    return now.at > this.#end || now.at - this.#last.at > this.options.idleMs;
  }
}

/** Less than before is progress too: it is another process, started again. */
const isProgress = (before: Activity, now: Activity): boolean =>
  (now.written ?? 0) !== (before.written ?? 0) ||
  Math.abs((now.processorMs ?? 0) - (before.processorMs ?? 0)) >= WORK_MS;
