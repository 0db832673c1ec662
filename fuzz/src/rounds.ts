import type { Call } from './callers.js';
import { concurrently, type CheckedClient } from './checked-client.js';
import { checkIdempotency } from './idempotency.js';
import { findRejectedWrites } from './rejected-writes.js';
import type { Report } from './report.js';
import type { RequestGenerator } from './request-generator.js';
import type { Checksums } from './table-checksums.js';

/** Requests under way: enough that they meet each other. */
const AT_ONCE = 12;
/** In each round: requests of every kind, idempotency checks of two or more each, and requests that must be refused. */
const ROUND = { mixed: 800, repeated: 30, refused: 120 };
const ROUND_SIZE = ROUND.mixed + ROUND.repeated + ROUND.refused;
/** An operation that no round reached is tried so often, under numbers that no round uses. */
const LAST_TRIES = 40;
const LAST_NUMBERS = 20_000_000;

export interface Parts {
  readonly client: CheckedClient;
  readonly generator: RequestGenerator;
  readonly call: Call;
  /** What the databases hold, by table, once nothing changes; absent where the servers are unknown. */
  readonly look?: (() => Promise<Checksums>) | undefined;
}

export interface Bounds {
  readonly requests: number;
  /** ms since the epoch */
  readonly until: number;
}

/** The whole run, in rounds, until there were enough requests or the time is up. */
export async function runRounds(parts: Parts, bounds: Bounds, printLine: (line: string) => void): Promise<void> {
  const { report } = parts.client;
  const printProgress = progressOf(report, bounds, printLine);
  for (let n = 1; report.total < bounds.requests && Date.now() < bounds.until; n += ROUND_SIZE) {
    const left = Math.max(50, bounds.requests - report.total);
    await runRound(parts, n, Math.min(1, left / (ROUND_SIZE + ROUND.repeated)), bounds.until);
    printProgress();
  }
  await reachAll(parts);
}

/** @param share of a whole round */
async function runRound(
  { client, generator, call, look }: Parts,
  n: number,
  share: number,
  until: number,
): Promise<void> {
  const numbers = (from: number, count: number): number[] =>
    Array.from({ length: Math.ceil(count * share) }, (_, index) => from + index);
  const mixed = numbers(n, ROUND.mixed).map((one) => () => client.send(generator.generate(one)));
  await concurrently(mixed, { atOnce: AT_ONCE, until });
  const repeated = numbers(n + ROUND.mixed, ROUND.repeated).map(
    (one) => () => checkIdempotency(client, generator, one, call),
  );
  await concurrently(repeated, { atOnce: AT_ONCE, until });
  if (!look || Date.now() >= until) return;
  const refused = numbers(n + ROUND.mixed + ROUND.repeated, ROUND.refused);
  await findRejectedWrites(
    { client, look },
    refused.map((one) => generator.generate(one, { kind: 'refused' })),
  );
}

/** Every operation succeeds once and is refused once, also in a short run. */
async function reachAll({ client, generator }: Parts): Promise<void> {
  for (let tries = 0; tries < LAST_TRIES && client.report.unreached.length > 0; tries++) {
    for (const [index, { key, lacks }] of client.report.unreached.entries()) {
      const kind = lacks === 'success' ? 'fits' : 'refused';
      await client.send(generator.generate(LAST_NUMBERS + tries * 100 + index, { key, kind }));
    }
  }
}

/** Prints a line every tenth of the way, and each new fault. */
function progressOf(report: Report, { requests }: Bounds, printLine: (line: string) => void): () => void {
  let [tenths, printed] = [0, 0];
  return () => {
    for (const { key, what } of report.faults.slice(printed)) printLine(`✗ ${key}: ${what}`);
    printed = report.faults.length;
    const reached = Math.min(10, Math.floor((report.total / requests) * 10));
    if (reached > tenths) printLine(`${report.total.toLocaleString('en')} requests, ${printed} faults`);
    tenths = reached;
  };
}
