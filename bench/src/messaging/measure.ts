import type { BenchRun } from '../benchmark.js';
import type { Row } from '../table/row.js';
import { measureInTurn, type Measured, type Values } from '../rounds.js';
import { ratioAtLeast } from '../table/verdict.js';
import type { Drive } from './messenger.js';
import { BARE, openPlace, OURS } from './place.js';

export interface MessagingWork {
  kind: Drive['kind'];
  /** As the table has it: `confirmed publish`. */
  title: string;
  /** By calls in flight: the least ratio to the bare library. */
  aims: Readonly<Record<number, number>>;
}

const nameOf = (inFlight: string | number): string => `at ${inFlight}`;

/** Each library sends the same 1 kB with the same number of calls in flight. */
export async function measureMessaging(work: MessagingWork, run: BenchRun): Promise<Row[]> {
  const { quick, progress } = run;
  const place = await openPlace(run);
  const seconds = quick ? 0.5 : 1;
  const measure = async (name: string): Promise<Values> => {
    const values: Values = {};
    for (const inFlight of Object.keys(work.aims).map(Number))
      values[nameOf(inFlight)] = await place.drive(name, { kind: work.kind, inFlight, seconds });
    return values;
  };
  const options = { rounds: quick ? 1 : 3, warmUps: quick ? 0 : 1, withinSeconds: 45, progress };
  try {
    const sides = Object.fromEntries(place.names.map((name) => [name, () => measure(name)]));
    return rowsOf(work, place.names, await measureInTurn(sides, { ...options, required: [OURS, BARE] }));
  } finally {
    await place.close();
  }
}

/** For each number of calls in flight a row beside the bare library, and one beside the other libraries. */
function rowsOf({ title, aims }: MessagingWork, names: readonly string[], measured: Measured): Row[] {
  const others = names.filter((name) => name !== OURS && name !== BARE);
  return Object.entries(aims).flatMap(([inFlight, aim]) => {
    const row = (beside: string, peers: readonly string[], least: number): Row => ({
      work: `${title}, ${inFlight} in flight, per second, beside ${beside}`,
      ours: measured.of(OURS, nameOf(inFlight)),
      peers: Object.fromEntries(peers.map((peer) => [peer, measured.of(peer, nameOf(inFlight))])),
      aim: ratioAtLeast(least),
    });
    return [row('the bare library', [BARE], aim), row('other libraries', others, 1)];
  });
}
