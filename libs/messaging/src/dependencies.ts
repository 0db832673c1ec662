/** Health of one dependency of this process, derived from the outcomes of the work that used it. */
export interface DependencyState {
  readonly name: string;
  readonly state: 'healthy' | 'sick';
  /** Only when sick: time of the first failure. RFC 3339, by the clock of this process. */
  readonly since?: string;
  /** Only when sick: the latest failure. */
  readonly because?: string;
}

/**
 * Failures in a row, with no success between, that make a dependency sick. A single failure may be caused by the
 * message.
 */
export const SICK_AFTER = 3;

interface Record {
  failures: number;
  since: Date;
  because: string;
  /** `performance.now()` of the latest success; -Infinity before the first. */
  succeededAt: number;
}

/**
 * Health of the database, the broker and every provider that this process uses. Users of a dependency report each
 * success; consumers report the failures of their messages. There are no health requests: the work itself is the
 * probe.
 */
export class Dependencies {
  readonly #records = new Map<string, Record>();

  succeeded(name: string): void {
    Object.assign(this.#of(name), { failures: 0, succeededAt: performance.now() });
  }

  failed(name: string, because: string): void {
    const record = this.#of(name);
    if (record.failures === 0) record.since = new Date();
    record.failures += 1;
    record.because = because;
  }

  /** Marks a dependency as sick after one failure, because the dependency itself reports that it is out of service. */
  broken(name: string, because: string): void {
    for (let failures = 0; failures < SICK_AFTER; failures++) this.failed(name, because);
  }

  /** Whether the dependency has worked for some message after `instant` (`performance.now()`). */
  hasSucceededSince(name: string, instant: number): boolean {
    return (this.#records.get(name)?.succeededAt ?? -Infinity) > instant;
  }

  isSick(name: string): boolean {
    return (this.#records.get(name)?.failures ?? 0) >= SICK_AFTER;
  }

  all(): DependencyState[] {
    return [...this.#records].map(([name, { since, because }]) =>
      this.isSick(name)
        ? { name, state: 'sick' as const, since: since.toISOString(), because }
        : { name, state: 'healthy' as const },
    );
  }

  #of(name: string): Record {
    const existing = this.#records.get(name);
    if (existing) return existing;
    const record: Record = { failures: 0, since: new Date(0), because: '', succeededAt: -Infinity };
    this.#records.set(name, record);
    return record;
  }
}

/** The dependencies of this process. */
export const dependencies = new Dependencies();
