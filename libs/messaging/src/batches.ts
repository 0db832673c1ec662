import { system } from '@sluice/contracts/kit';
import { ATTRIBUTE_OF, ATTRIBUTES, BATCH_TYPE, eventsOf, FACTS, isBatchType } from './batch-format.js';
import type { Delivery, WireMessage } from './codec.js';
import { timerType } from './timers.js';

/** Most facts in one batch; also what one consumer handles at once with the default prefetch. */
const MAX_FACTS = 100;
/** A thirtieth of the largest message, so that a page of the outbox's sweep stays below 50 MB. Characters. */
const MAX_BATCH_BODY = 256 * 1024;

/** Longest attribute, in bytes: an AMQP property holds no longer text, and no valid attribute is longer. */
const MAX_ATTRIBUTE = 255;

/** Header with the further routing keys of a message, the same for all facts of a batch (`WireProperties`). */
const FURTHER_KEYS = 'CC';

/**
 * Groups the messages of one commit that may travel together, in their order; each group becomes one AMQP message.
 * Facts and timers only: a command calls something outside or has a caller, so it travels alone.
 */
export function groupsForBatches<T extends { readonly wire: WireMessage }>(messages: readonly T[]): T[][] {
  const groups: T[][] = [];
  const open = new Map<string, { group: T[]; length: number }>();
  for (const message of messages) {
    const { wire } = message;
    const together = mayTravelTogether(wire);
    const current = together ? open.get(routeOf(wire)) : undefined;
    if (current && current.group.length < MAX_FACTS && current.length + wire.body.length <= MAX_BATCH_BODY) {
      current.group.push(message);
      current.length += wire.body.length;
      continue;
    }
    const group = [message];
    groups.push(group);
    if (together) open.set(routeOf(wire), { group, length: wire.body.length });
  }
  return groups;
}

function mayTravelTogether(wire: WireMessage): boolean {
  const { persistent, replyTo, headers } = wire.properties;
  const isFact = wire.exchange === system().exchanges.of('event') || timerType(wire) !== undefined;
  return (
    isFact &&
    persistent &&
    replyTo === undefined &&
    Object.keys(headers).every((name) => name === FURTHER_KEYS || name in ATTRIBUTE_OF)
  );
}

const routeOf = ({ exchange, routingKey, properties: { type, headers } }: WireMessage): string =>
  [exchange, routingKey, type, headers['version'], headers[FURTHER_KEYS]].join(' ');

/** Joins encoded messages of one group; `id` is the AMQP message's own. */
export function batchOf(wires: readonly WireMessage[], id: string): WireMessage {
  const [first] = wires as [WireMessage];
  const { type, timestamp, appId, persistent, headers } = first.properties;
  return {
    ...first,
    properties: {
      messageId: id,
      type,
      timestamp,
      contentType: BATCH_TYPE,
      appId,
      persistent,
      headers: {
        version: headers['version']!,
        time: headers['time']!,
        [FACTS]: wires.length,
        ...(headers[FURTHER_KEYS] && { [FURTHER_KEYS]: headers[FURTHER_KEYS] }),
      },
    },
    body: `[${wires.map(eventOf).join(',')}]`,
  };
}

/** The data was checked and written as JSON by `encode`, so its text is used as it is. */
function eventOf({ properties, body }: WireMessage): string {
  const { messageId: id, appId: source, type, headers } = properties;
  const ours = ATTRIBUTES.filter(([header]) => header in headers).map(([header, name]) => [name, headers[header]]);
  const attributes = { specversion: '1.0', id, source, type, datacontenttype: 'application/json' };
  const text = JSON.stringify({ ...attributes, ...Object.fromEntries(ours) });
  return body === '' ? text : `${text.slice(0, -1)},"data":${body}}`;
}

/**
 * The facts of a delivery, each as a delivery of its own; a message that is not a batch is its own only fact. So is a
 * batch whose body is not a JSON array of events: `decode` then refuses it.
 */
export function factsOf<D extends Delivery>(delivery: D): D[] {
  const events = isBatchType(delivery.properties.contentType) ? eventsOf(delivery.content) : undefined;
  return events ? events.map((event) => factOf(delivery, event)) : [delivery];
}

type Event = Readonly<Record<string, unknown>>;

/**
 * Headers of the batch that say how it came here (first sender, first exchange, history of a redrive) are kept. An
 * element that is no event keeps its whole value as data and has no id, so `decode` refuses it.
 */
function factOf<D extends Delivery>(batch: D, event: unknown): D {
  const headers: Record<string, unknown> = { ...batch.properties.headers };
  delete headers[FACTS];
  const properties = { ...batch.properties, contentType: 'application/json', replyTo: undefined, headers };
  const fields = { ...batch.fields };
  if (!isEvent(event))
    return { ...batch, fields, properties: { ...properties, messageId: undefined }, fact: { data: event } };
  const { id: messageId, type, source } = event;
  const appId = source ?? undefined;
  for (const [header, name] of ATTRIBUTES) {
    if (hasValue(event[name])) headers[header] = event[name];
    else if (header === 'version' || header === 'time') delete headers[header];
  }
  return { ...batch, fields, properties: { ...properties, messageId, type, appId }, fact: { data: event['data'] } };
}

const TEXTS = ['id', 'type', 'source', ...ATTRIBUTES.map(([, name]) => name)].filter((name) => name !== 'dataversion');

/** Also checks what could not be written into the properties of a dead letter. The envelope is checked by `decode`. */
function isEvent(event: unknown): event is Event {
  if (typeof event !== 'object' || event === null || Array.isArray(event)) return false;
  const { id, type, dataversion } = event as Event;
  return (
    typeof id === 'string' &&
    typeof type === 'string' &&
    (!hasValue(dataversion) || typeof dataversion === 'number') &&
    TEXTS.every((name) => isShort((event as Event)[name]))
  );
}

/** In CloudEvents an attribute that is null is absent. */
const hasValue = (value: unknown): boolean => value !== undefined && value !== null;

const isShort = (value: unknown): boolean =>
  !hasValue(value) || (typeof value === 'string' && Buffer.byteLength(value) <= MAX_ATTRIBUTE);

/** The bytes of a message; those of a fact that came in a batch are made here, when it is published again. */
export const bytesOf = ({ content, fact }: Delivery): Buffer =>
  fact ? Buffer.from(JSON.stringify(fact.data) ?? '') : content;
