import { openPlace } from '../flash-sale/place.js';
import { accepted, refused } from '../flash-sale/rounds.js';
import { pretendSale } from '../flash-sale/sales.js';
import { newTokens } from '../flash-sale/users.js';
import { cpuOf } from '../processes.js';
import type { Values } from '../rounds.js';

/** More than the token cache of a gateway holds: most requests are of users whom it does not know yet. */
const USERS = 12_000;

/** One gateway with an open sale and one that is sold out, and the processor time of its process. */
export async function openClaimIntake() {
  const place = await openPlace();
  const users = newTokens(USERS);
  const [open, soldOut] = [
    await pretendSale(place.client, place.gatewayPort, 'open'),
    await pretendSale(place.client, place.gatewayPort, 'sold-out'),
  ];
  const gateway = { gateway: [place.gatewayPid] };
  let next = 0;
  const measured = async (count: number, measure: (tokens: string[]) => Promise<number>): Promise<Values> => {
    const tokens = Array.from({ length: count }, () => users[next++ % USERS]!);
    const cpuMs = cpuOf(gateway).gateway!;
    const perSecond = await measure(tokens);
    await place.empty();
    return { 'per second': perSecond, 'CPU µs': ((cpuOf(gateway).gateway! - cpuMs) * 1_000) / count };
  };
  return {
    accepted: (count: number) => measured(count, (tokens) => accepted(place, open, tokens)),
    refused: (count: number) => measured(count, (tokens) => refused(place, soldOut, tokens)),
    close: () => place.close(),
  };
}
