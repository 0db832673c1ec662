import type { ConsumeMessage } from 'amqplib';
import { explainEnvironmentError } from '@sluice/stack/environment-errors';
import { messageOf } from '@sluice/stack/errors';
import { Failure } from '@sluice/stack/failure';
import { loadTopology, type Broker } from '@sluice/stack/rabbitmq/users';
import { dataOf, eventsOf, factLine, terminal, type Fact } from './fact-line.js';
import { follow, loadScrub, textOf, type Scrub } from './tail.js';
import { write } from './standard-output.js';

/** Every message, as `publish.<exchange>` and `deliver.<queue>`: https://www.rabbitmq.com/docs/firehose */
const FIREHOSE = 'amq.rabbitmq.trace';

/** Prints what comes out of the firehose, which is switched off at the end, also after a failure. @throws {Failure} */
export async function traceOn(broker: Broker, { json }: { json: boolean }): Promise<void> {
  const scrub = await loadScrub();
  const print = async (message: ConsumeMessage): Promise<void> => {
    for (const fact of factsOf(message, scrub))
      await write(`${json ? JSON.stringify(fact) : factLine(fact, terminal())}\n`);
  };
  const ready = (): void =>
    console.error(
      'every message of this vhost is copied here, which costs the broker; Ctrl-C ends it and switches it off',
    );
  await switchFirehose(broker, true);
  try {
    await follow(broker, { exchange: FIREHOSE, patterns: ['#'], print, ready });
  } finally {
    await switchFirehose(broker, false);
  }
}

/** For a trace that was killed, and could not switch it off. */
export const traceOff = (broker: Broker): Promise<void> => switchFirehose(broker, false);

interface Vhost {
  description?: string;
  tags?: string[];
  default_queue_type?: string;
}

/** The vhost's other settings are sent as well: a setting that is left out would be emptied. */
async function switchFirehose(broker: Broker, tracing: boolean): Promise<void> {
  const { management, vhostOf } = await loadTopology();
  const vhost = vhostOf(broker.url);
  const state = tracing ? 'on' : 'off';
  const byHand = `On a node of the broker: rabbitmqctl trace_${state} -p ${vhost}`;
  if (!broker.managementUrl)
    throw new Failure(
      'the firehose is switched by the management API, and AMQP_MANAGEMENT_URL is not set',
      `Set it to that of an administrator, for example http://user:password@host:15672. ${byHand}`,
    );
  const api = management(broker.managementUrl, broker.url);
  try {
    const settings = await api.get<Vhost>(`vhosts/${api.vhost}`);
    if (!settings) throw new Error(`there is no vhost ${vhost}`); // PUT would make it
    const { description, tags, default_queue_type: type } = settings;
    await api.put(`vhosts/${api.vhost}`, {
      tracing,
      ...(description && { description }),
      ...(tags?.length && { tags: tags.join(',') }),
      ...(type && type !== 'undefined' && { default_queue_type: type }),
    });
  } catch (error) {
    throw new Failure(
      `the firehose could not be switched ${state}: ${explainEnvironmentError(error)?.message ?? messageOf(error)}`,
      `It takes an administrator in AMQP_MANAGEMENT_URL. ${byHand}`,
    );
  }
}

/** Headers of a copy: https://www.rabbitmq.com/docs/firehose */
interface TraceHeaders {
  properties?: { type?: string; message_id?: string; content_type?: string; headers?: Record<string, unknown> };
  routing_keys?: string[];
}

/** The facts in the message inside, and where it was copied: `→` into an exchange, `←` out of a queue. */
function factsOf(
  { fields: { routingKey }, properties, content }: ConsumeMessage,
  scrub: Scrub,
): (Fact & { id?: string })[] {
  const { properties: inner = {}, routing_keys: keys = [] } = (properties.headers ?? {}) as TraceHeaders;
  const [, direction, place = ''] = /^(publish|deliver)\.(.*)$/.exec(routingKey) ?? [];
  const { type, message_id: id, content_type: contentType, headers } = inner;
  const alone = { id, type, correlationid: headers?.['correlation-id'], data: dataOf(content) };
  return (eventsOf(contentType, content) ?? [alone]).map((event) => ({
    time: new Date().toISOString(),
    place: direction === 'deliver' ? `← ${place}` : `→ ${place || keys[0] || ''}`,
    type: textOf(event.type) ?? '',
    ...(typeof event.id === 'string' && { id: event.id }),
    correlationId: textOf(event.correlationid),
    data: scrub(event.data),
  }));
}
