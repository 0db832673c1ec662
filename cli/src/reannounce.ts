import { setTimeout as sleep } from 'node:timers/promises';
import { waitForQuiet, type AuditedSystem } from '@sluice/audit/audit';
import { loadCompiled } from '@sluice/stack/build/compiled';
import { messageOf } from '@sluice/stack/errors';
import { Failure } from '@sluice/stack/failure';
import { Progress } from '@sluice/stack/progress';
import { brokerUrlOf } from '@sluice/stack/rabbitmq/users';
import { trust } from '@sluice/topology';

/** Sends requests to every service. */
const SENDER = 'gateway';
/** One page is one commit, and of the charges some calls to the card gateway. Milliseconds. */
const PAGE_WITHIN_MS = 60_000;
/**
 * These two ask providers about what is stored here: payments for charges of orders that were announced, logistics for
 * parcels of orders that are paid.
 */
const LATER = ['payments', 'logistics'];
/** These two know of cancellations: an order whose parcels are on their way is too late for one. */
const FIRST = ['orders', 'payments'];
/** In an open shop messages are always on their way: then the replies have come in this time. Milliseconds. */
const QUIET_WITHIN_MS = 20_000;
const CONNECTED_WITHIN_MS = 10_000;

interface Request {
  /** RFC 3339. */
  since: string;
  refund: boolean;
}

type Contracts = typeof import('@sluice/contracts');
type Messaging = typeof import('@sluice/messaging');
type Client = InstanceType<Messaging['MessageClient']>;
type Page = import('@sluice/contracts').Reannounced;
type Reannounce = NonNullable<ReturnType<Contracts['operationsOf']>>['Reannounce'];

/**
 * Has every service announce again what it owns: first what others must know before they hear anything else, and those
 * of `LATER` when the replies to the others have arrived.
 */
export async function reannounce(system: AuditedSystem, request: Request): Promise<void> {
  const { OPERATED, operationsOf } = (await loadCompiled('libs/contracts/dist/index.js')) as Contracts;
  const { MessageClient } = (await loadCompiled('libs/messaging/dist/index.js')) as Messaging;
  const client = new MessageClient({ url: brokerUrlOf(system.broker, SENDER), tls: trust(), source: SENDER });
  const progress = new Progress();
  const announceAll = async (services: readonly string[], { first = false } = {}): Promise<void> => {
    for (const service of services) {
      const contract = operationsOf(service)?.Reannounce;
      if (contract) await announce({ client, progress, service, contract }, { ...request, first });
    }
    await waitUntilHandled(system, progress);
  };
  try {
    await connected(client);
    await announceAll(FIRST, { first: true });
    await announceAll(OPERATED.filter((name) => !LATER.includes(name)));
    for (const service of LATER) await announceAll([service]);
  } finally {
    await client.close();
  }
}

const waitUntilHandled = (system: AuditedSystem, progress: Progress): Promise<void> =>
  progress.step('messages', async (note) => {
    const { quiet } = await waitForQuiet(system, QUIET_WITHIN_MS);
    note(quiet ? 'all are handled' : 'the shop is at work');
  });

/** Requests fail at once without a connection. */
async function connected({ publisher }: Client): Promise<void> {
  for (const until = Date.now() + CONNECTED_WITHIN_MS; !publisher.ready && Date.now() < until;) await sleep(50);
}

interface Announcer {
  client: Client;
  progress: Progress;
  service: string;
  contract: Reannounce;
}

async function announce(
  { client, progress, service, contract }: Announcer,
  request: Request & { first: boolean },
): Promise<void> {
  const counts = new Map<string, number>();
  const findings: string[] = [];
  await progress.step(service, async (note) => {
    for (let after: string | undefined = '0'; after !== undefined;) {
      const page: Page = await client
        .request(contract, { ...request, after }, { deadlineMs: PAGE_WITHIN_MS })
        .catch((error: unknown) => notAnnounced(service, error));
      if (page.what !== undefined) counts.set(page.what, (counts.get(page.what) ?? 0) + page.rows);
      findings.push(...page.findings);
      after = page.next;
    }
    note([...counts].map(([what, rows]) => `${rows} ${what}`).join(', ') || 'nothing to announce');
  });
  for (const finding of findings) progress.line(`  ${finding}`);
}

function notAnnounced(service: string, error: unknown): never {
  throw new Failure(`${service} did not announce: ${messageOf(error)}`, 'Does it run? To announce again is safe.');
}
