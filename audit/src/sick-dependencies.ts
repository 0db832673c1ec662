import { OPERATED, operationsOf, type DependencyHealth } from '@sluice/contracts';
import { until } from '@sluice/stack/until';

/** A running service replies in some ms; one that does not run is given up after this. Milliseconds. */
const REPLY_WITHIN_MS = 1_000;
const POLL_MS = 20;

/** What services report as sick: databases, brokers, providers. One line each; none of a service without a reply. */
export async function sickDependencies({ url }: { url: string }): Promise<string[]> {
  const { MessageClient } = await import('@sluice/messaging'); // loads Nest
  const client = new MessageClient({ url, source: 'audit' });
  try {
    await until(() => client.publisher.ready, { withinMs: REPLY_WITHIN_MS, everyMs: POLL_MS });
    const lines = OPERATED.map(async (service) => {
      const operations = operationsOf(service);
      if (!operations) return [];
      const reply = await client.request(operations.LookAtQueues, {}, { deadlineMs: REPLY_WITHIN_MS });
      return (reply.dependencies ?? []).filter(({ state }) => state === 'sick').map((sick) => line(service, sick));
    });
    return (await Promise.allSettled(lines)).flatMap((one) => (one.status === 'fulfilled' ? one.value : []));
  } finally {
    await client.close();
  }
}

const line = (service: string, { name, since, because }: DependencyHealth): string =>
  `${service}: the ${name} is sick since ${since}: ${because}`;
