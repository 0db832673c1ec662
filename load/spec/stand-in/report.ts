import type { Scenario } from './scenarios.js';

/** The limits of each metric, or of a part of one: `http_req_duration{name:x}`. */
export type Thresholds = Record<string, string[]>;

/** `options` of a script. */
export interface ScriptOptions {
  scenarios: Record<string, Scenario>;
  thresholds: Thresholds;
}

/** The result of one run of a script, which the stand-in prints. */
export interface Report {
  /** Messages of the errors that the script threw. */
  threw: string[];
  options: ScriptOptions;
  /** Thresholds that k6 would refuse, with the reason. */
  problems: string[];
  /** Names of the functions that the script exports. */
  exported: string[];
  /** Thresholds that were crossed. */
  broken: string[];
  /** The result of handleSummary: texts by file, or by `stdout`. */
  summary: Record<string, string>;
}
