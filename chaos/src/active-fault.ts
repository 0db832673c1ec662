import type { Kind, PartOptions } from './plan.js';
import type { SystemUnderTest } from './system.js';

export interface ActiveFault {
  end(): unknown;
  /** Called before its end: whether it can be observed from outside. */
  observe?(): boolean | Promise<boolean>;
}
export type Begin<K extends Kind> = (
  options: PartOptions[K],
  system: SystemUnderTest,
  holdMs: number,
) => ActiveFault | void | Promise<ActiveFault | void>;

/** What only the long form has. */
export function required<T>(value: T | undefined, name: string): T {
  if (value === undefined) throw new Error(`this system has no ${name}`);
  return value;
}
