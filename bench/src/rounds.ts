import type { Progress } from '@sluice/stack/progress';
import { fixedWorkMs } from './fixed-work.js';
import { shown } from './table/statistics.js';

/** Results of one measurement by name: `{ 'per second': 1200, 'p50 ms': 0.8 }`. */
export type Values = Record<string, number>;
export type Sides<S extends string = string> = Record<S, () => Promise<Values>>;

export interface RoundOptions {
  rounds: number;
  /** Rounds before the first one that counts. */
  warmUps?: number;
  /** No new round begins after this time, except the first one that counts. Seconds from now. */
  withinSeconds: number;
  progress: Progress;
  /** Sides without which the benchmark has no result; others are left out after they failed. */
  required: readonly string[];
  /** Receives the values; by default a new one. */
  measured?: Measured;
}

/** Values of fixed work before each measurement of this process, for the report. */
export const fixedWork: number[] = [];

/** Values of each side, one per round. */
export class Measured {
  readonly #values = new Map<string, number[]>();

  add(side: string, values: Values): void {
    for (const [name, value] of Object.entries(values)) this.of(side, name).push(value);
  }

  of(side: string, name: string): number[] {
    const key = `${side}/${name}`;
    const values = this.#values.get(key) ?? [];
    this.#values.set(key, values);
    return values;
  }
}

/** Measures all sides in each round, in reverse order in every other round, so that other load affects all of them. */
export async function measureInTurn(sides: Sides, options: RoundOptions): Promise<Measured> {
  const { rounds, warmUps = 0, withinSeconds, progress, measured = new Measured() } = options;
  const end = performance.now() + withinSeconds * 1_000;
  const failed = new Set<string>();
  for (let round = 0; round < warmUps + rounds; round++) {
    if (round > warmUps && performance.now() > end) break;
    const label = round < warmUps ? 'warm-up' : `round ${round - warmUps + 1} of ${rounds}`;
    const names = Object.keys(sides).filter((name) => !failed.has(name));
    for (const name of round % 2 === 0 ? names : names.reverse()) {
      const values = await measureOne(sides[name]!, `${label}, ${name}`, options).catch((error: unknown) => {
        if (options.required.includes(name)) throw error;
        failed.add(name);
        progress.line(`${name} is left out: ${error instanceof Error ? error.message : String(error)}`);
      });
      if (values && round >= warmUps) measured.add(name, values);
    }
  }
  return measured;
}

function measureOne(measure: () => Promise<Values>, label: string, { progress }: RoundOptions): Promise<Values> {
  fixedWork.push(fixedWorkMs());
  return progress.step(label, async (note) => {
    const values = await measure();
    note(
      Object.entries(values)
        .map(([name, value]) => `${shown(value, value < 100 ? 1 : 0)} ${name}`)
        .join(', '),
    );
    return values;
  });
}
