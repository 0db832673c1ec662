// @ts-nocheck
/** To be asked whether it is ready costs a process about 1 ms: what it does besides is progress. Milliseconds of a processor. */
const WORK_MS = 1_000;

/**
 * How long a process is waited for: while it gets on, however slowly a busy machine lets it, and no longer.
 * As testing/src/progress.ts, with which tools share no code.
 */
export class ProgressDeadline {
  #last;

  /**
   * @param {{ idleMs: number, atMostMs: number, progress: () => { lines?: number, processorMs?: number } }} options idleMs: so long
   * it may do nothing; progress: what it has done so far
   */
  constructor({ idleMs, atMostMs, progress }) {
    Object.assign(this, { idleMs, progress, end: Date.now() + atMostMs });
    this.#last = { at: Date.now(), ...progress() };
  }

  /** @returns {boolean} whether to wait no longer */
  get isOver() {
    const now = { at: Date.now(), ...this.progress() };
    const { at, lines = 0, processorMs = 0 } = this.#last;
    // Less than before: it is another process, started again.
    if ((now.lines ?? 0) !== lines || Math.abs((now.processorMs ?? 0) - processorMs) >= WORK_MS) this.#last = now;
    return now.at > this.end || now.at - (this.#last === now ? now.at : at) > this.idleMs;
  }
}
