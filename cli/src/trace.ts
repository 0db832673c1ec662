// @ts-nocheck
import { Failure } from '@sluice/stack/failure';
import { dataOf, factLine, terminal } from './fact-line.js';
import { loadCompiled, managementOf, write } from '@sluice/stack/rabbitmq/operator';
import { explainEnvironmentError } from '@sluice/stack/environment-errors';
import { follow } from './tail.js';
import { COMMANDS, mistake } from '@sluice/stack/usage';

/** @param {{ words: string[], values: { json?: boolean } }} line @returns {{ state: 'on' | 'off', json: boolean }} @throws {import('@sluice/stack/failure').Failure} */
export function understoodTrace({ words: [state], values: { json = false } }) {
  if (state === 'on' || state === 'off') return { state, json };
  throw mistake(COMMANDS.trace.usage, `not understood: ${state}`);
}

/** Here the broker repeats every message, `publish.<exchange>` and `deliver.<queue>`: https://www.rabbitmq.com/docs/firehose */
const FIREHOSE = 'amq.rabbitmq.trace';

/**
 * Switches the firehose on, prints what comes out of it, and switches it off again at the end, however that comes.
 * @param {{ url: string, managementUrl?: string }} broker of an administrator @param {{ json: boolean }} options @throws {Failure}
 */
export async function traceOn(broker, { json }) {
  const { scrub } = await loadCompiled('libs/service-kit/dist/secrets.js');
  const seen = (message) => seenOf(message, scrub);
  const print = (message) => write(`${json ? JSON.stringify(seen(message)) : factLine(seen(message), terminal())}\n`);
  await switchFirehose(broker, true);
  try {
    await follow(broker, FIREHOSE, ['#'], print, () =>
      console.error(
        'every message of this vhost is copied here, which costs the broker; Ctrl-C ends it and switches it off',
      ),
    );
  } finally {
    await switchFirehose(broker, false);
  }
}

/** For when a trace was killed, and could not do it. */
export const traceOff = (broker) => switchFirehose(broker, false);

/** The rest of the vhost's own settings goes along: what is left out would be emptied. */
async function switchFirehose(broker, tracing) {
  const { pathname } = new URL(broker.url);
  const byHand = `On a node of the broker: rabbitmqctl trace_${tracing ? 'on' : 'off'} -p ${pathname.length > 1 ? decodeURIComponent(pathname.slice(1)) : '/'}`;
  if (!broker.managementUrl)
    throw new Failure(
      'the firehose is switched by the management API, and AMQP_MANAGEMENT_URL is not set',
      `Set it to that of an administrator, for example http://user:password@host:15672. ${byHand}`,
    );
  const call = await managementOf(broker);
  try {
    const { description, tags, default_queue_type: type } = await call('GET', 'vhosts/:vhost');
    await call('PUT', 'vhosts/:vhost', {
      tracing,
      ...(description && { description }),
      ...(tags?.length && { tags: tags.join(',') }),
      ...(type && type !== 'undefined' && { default_queue_type: type }),
    });
  } catch (error) {
    throw new Failure(
      `the firehose could not be switched ${tracing ? 'on' : 'off'}: ${explainEnvironmentError(error)?.message ?? error.message}`,
      `It takes an administrator in AMQP_MANAGEMENT_URL. ${byHand}`,
    );
  }
}

/** The message inside, and where it passed: `→` into an exchange, `←` out of a queue. */
function seenOf(
  {
    fields: { routingKey },
    properties: {
      headers: { properties = {}, routing_keys: keys = [] },
    },
    content,
  },
  scrub,
) {
  const [, direction, place = ''] = /^(publish|deliver)\.(.*)$/.exec(routingKey) ?? [];
  const headers = properties.headers ?? {};
  return {
    time: new Date().toISOString(),
    place: direction === 'deliver' ? `← ${place}` : `→ ${place || keys[0] || ''}`,
    type: properties.type ?? '',
    id: properties.message_id,
    correlationId: headers['correlation-id'],
    data: scrub(dataOf(content)),
  };
}
