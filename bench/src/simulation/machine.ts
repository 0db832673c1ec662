import type { Clock } from './clock.js';

/** Who uses cores: a process with one thread, or a server. */
export interface Client {
  /** Time that it has had of a core, by its number of threads. Milliseconds. */
  usedMs: number;
}

interface Task {
  client: Client;
  /** Called at the first slice. */
  ms: () => number;
  leftMs?: number;
  then: () => void;
}

/** A task that is longer gives way in between, as in the scheduler of Linux. Milliseconds. */
const SLICE_MS = 3;

/**
 * Cores for which clients compete. The next is the one that has had least, as in Linux: who needs little is served soon,
 * and who needs much waits, while more comes for it to do.
 */
export class Machine {
  /** Work of all cores. Milliseconds. */
  busyMs = 0;
  readonly #waiting: Task[] = [];
  #free: number;
  /** What the client of the last slice had had: who has slept does not get the time in which it slept. */
  #floorMs = 0;

  constructor(
    private readonly clock: Clock,
    readonly cores: number,
  ) {
    this.#free = cores;
  }

  /** @param ms called when the work begins, so that it may depend on what has come meanwhile */
  run(client: Client, ms: () => number, then: () => void): void {
    client.usedMs = Math.max(client.usedMs, this.#floorMs - SLICE_MS);
    this.#waiting.push({ client, ms, then });
    this.#startNext();
  }

  #startNext(): void {
    if (this.#free === 0 || this.#waiting.length === 0) return;
    this.#free -= 1;
    this.#slice(this.#takeNext());
  }

  #takeNext(): Task {
    let next = 0;
    for (let index = 1; index < this.#waiting.length; index++)
      if (this.#waiting[index]!.client.usedMs < this.#waiting[next]!.client.usedMs) next = index;
    const task = this.#waiting[next]!;
    const last = this.#waiting.pop()!;
    if (last !== task) this.#waiting[next] = last;
    this.#floorMs = Math.max(this.#floorMs, task.client.usedMs);
    return task;
  }

  #slice(task: Task): void {
    const leftMs = task.leftMs ?? task.ms();
    const ms = Math.min(leftMs, SLICE_MS);
    task.client.usedMs += ms;
    this.busyMs += ms;
    this.clock.after(ms, () => {
      this.#free += 1;
      if (leftMs > ms) this.#waiting.push({ ...task, leftMs: leftMs - ms });
      else task.then();
      this.#startNext();
    });
  }
}
