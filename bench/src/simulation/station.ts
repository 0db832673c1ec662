import type { Clock } from './clock.js';
import type { Client, Machine } from './machine.js';

/**
 * Serves jobs in the order in which they come, so many at a time. On a machine it needs a core for each as well: a
 * process with one thread, or a server.
 */
export class Station {
  /** Work that its places have done, all together. Milliseconds. */
  busyMs = 0;
  #waiting: (() => void)[] = [];
  /** Index of the one that is next. */
  #next = 0;
  #free: number;
  /** A process with one thread competes as one; a server has a thread for each of its jobs. */
  readonly #thread: Client | undefined;

  constructor(
    private readonly clock: Clock,
    readonly places: number,
    private readonly machine?: Machine,
  ) {
    this.#free = places;
    this.#thread = places === 1 ? { usedMs: 0 } : undefined;
  }

  serve(ms: number, then: () => void): void {
    this.serveWhenFree(() => ms, then);
  }

  /**
   * @param ms called when the job has its place and its core, so that it may depend on who has come meanwhile
   * @param pauseMs for which the job keeps its place after its work, without a core
   */
  serveWhenFree(ms: () => number, then: () => void, pauseMs: (workMs: number) => number = () => 0): void {
    this.acquire(() =>
      this.#work(ms, (workMs) => {
        const done = (): void => {
          this.release();
          then();
        };
        const pause = pauseMs(workMs);
        if (pause > 0) this.clock.after(pause, done);
        else done();
      }),
    );
  }

  /** Calls back with a place, which the caller has to release. */
  acquire(then: () => void): void {
    if (this.#free === 0) return void this.#waiting.push(then);
    this.#free -= 1;
    then();
  }

  release(): void {
    const next = this.#waiting[this.#next];
    if (!next) return void (this.#free += 1);
    this.#next += 1;
    if (this.#next === this.#waiting.length) [this.#waiting, this.#next] = [[], 0];
    next();
  }

  #work(ms: () => number, then: (workMs: number) => void): void {
    let work = 0;
    const begun = (): number => {
      work = ms();
      this.busyMs += work;
      return work;
    };
    if (this.machine) this.machine.run(this.#thread ?? { usedMs: 0 }, begun, () => then(work));
    else this.clock.after(begun(), () => then(work));
  }
}
