import type { Scenario } from './scenarios.js';

/** The limits of each metric, or of a part of one: `http_req_duration{name:x}`. */
export type Thresholds = Record<string, string[]>;

/** `options` of a script. */
export interface ScriptOptions {
  scenarios: Record<string, Scenario>;
  thresholds: Thresholds;
}

/** What the stand-in prints about one run of a script. */
export interface Report {
  /** Messages of what the script threw. */
  threw: string[];
  options: ScriptOptions;
  /** What k6 would refuse of the thresholds. */
  problems: string[];
  /** Names of the functions that the script exports. */
  exported: string[];
  /** Thresholds that were crossed. */
  broken: string[];
  /** What handleSummary returned: texts by file, or by `stdout`. */
  summary: Record<string, string>;
}
