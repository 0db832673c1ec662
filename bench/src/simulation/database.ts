import type { Clock } from './clock.js';
import { Groups } from './groups.js';
import type { Parameters } from './parameters.js';
import type { Machine } from './machine.js';
import { Station } from './station.js';

/** One PostgreSQL: its processors, and its log, of which one write to the disk serves all commits that wait for it. */
export class Database {
  readonly cpu: Station;
  /** Time in which the log was being written, and how often it was. Milliseconds. */
  logMs = 0;
  fsyncs = 0;
  readonly #log: Groups<{ bytes: number; then: () => void }>;

  constructor(clock: Clock, cores: number, machine: Machine, { fsyncMs, walMbPerSecond }: Parameters) {
    this.cpu = new Station(clock, cores, machine);
    this.#log = new Groups((take, done) => {
      const commits = take();
      const bytes = commits.reduce((all, commit) => all + commit.bytes, 0);
      const ms = fsyncMs + bytes / (walMbPerSecond * 1_000);
      this.logMs += ms;
      this.fsyncs += 1;
      clock.after(ms, () => {
        for (const { then } of commits) then();
        done();
      });
    });
  }

  flush(bytes: number, then: () => void): void {
    this.#log.add({ bytes, then });
  }
}
