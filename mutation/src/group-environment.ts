import type { Group } from './groups.js';

/** A group with the settings of its run. */
export interface GroupRun extends Group {
  /** The file of Stryker's report. */
  report: string;
  /** The folder for copies of the checkout, from its root. */
  temporary: string;
  /** Mutants that are tested at the same time. */
  concurrency: number;
}

const VARIABLE = 'MUTATION_GROUP';

/** The variable by which Stryker's process and its test runners receive the group. */
export const groupToEnvironment = (run: GroupRun): NodeJS.ProcessEnv => ({ [VARIABLE]: JSON.stringify(run) });

export function groupFromEnvironment(env: NodeJS.ProcessEnv = process.env): GroupRun {
  const text = env[VARIABLE];
  if (text === undefined) throw new Error(`${VARIABLE} is not set: npm run mutate sets it`);
  return JSON.parse(text) as GroupRun;
}
