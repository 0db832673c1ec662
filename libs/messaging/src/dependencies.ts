/** How one dependency of this process does, from the outcomes of the work that used it. */
export interface DependencyState {
  readonly name: string;
  readonly state: 'healthy' | 'sick';
  /** Of a sick one: when the first of its failures was seen. RFC 3339, by the clock of this process. */
  readonly since?: string;
  /** Of a sick one: the latest failure. */
  readonly because?: string;
}

/** One failure may be that of one message. So many in a row, with no success between, are the dependency's. */
export const SICK_AFTER = 3;

interface Record {
  failures: number;
  since: Date;
  because: string;
  /** `performance.now()` of the latest success; -Infinity before the first. */
  succeededAt: number;
}

/**
 * What this process has seen of the database, of the broker and of every provider that it uses. Whoever uses one reports each
 * success; consumers report the failures of their messages. Nothing is asked on purpose: the work itself is the probe.
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

  /** It says itself that it fails for everybody: then one failure is enough. */
  broken(name: string, because: string): void {
    for (let failures = 0; failures < SICK_AFTER; failures++) this.failed(name, because);
  }

  /** Whether some work has succeeded with it after `instant` (`performance.now()`). */
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
    const known = this.#records.get(name);
    if (known) return known;
    const record: Record = { failures: 0, since: new Date(0), because: '', succeededAt: -Infinity };
    this.#records.set(name, record);
    return record;
  }
}

/** Those of this process. */
export const dependencies = new Dependencies();
