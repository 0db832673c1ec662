/**
 * Several facts in one AMQP message: a JSON array of events in the JSON batch format of CloudEvents 1.0
 * (https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md#4-json-batch-format). Our headers
 * travel as attributes of each event. docs/decisions/0034
 */
export const BATCH_TYPE = 'application/cloudevents-batch+json';

/** Header of a batch: the number of its facts, so that counting and listing need not read the body. */
export const FACTS = 'facts';

/** The attributes that carry our headers. CloudEvents allows lower-case letters and digits only in their names. */
export const ATTRIBUTE_OF = {
  version: 'dataversion',
  time: 'time',
  'correlation-id': 'correlationid',
  'causation-id': 'causationid',
  'accepted-at': 'acceptedat',
  traceparent: 'traceparent',
} as const;
export const ATTRIBUTES = Object.entries(ATTRIBUTE_OF);

/** Number of facts in a message: 1, except for a batch. */
export function factsIn({
  properties: { contentType, headers },
}: {
  readonly properties: {
    readonly contentType?: unknown;
    readonly headers?: Readonly<Record<string, unknown>> | undefined;
  };
}): number {
  const count = isBatchType(contentType) ? headers?.[FACTS] : 1;
  return typeof count === 'number' && count > 0 ? Math.floor(count) : 1;
}

export const isBatchType = (contentType: unknown): boolean =>
  typeof contentType === 'string' && contentType.toLowerCase().startsWith(BATCH_TYPE);

/** The elements of a batch; undefined when the body is no JSON array, or an empty one. */
export function eventsOf(body: Buffer | string): unknown[] | undefined {
  try {
    const events: unknown = JSON.parse(body.toString());
    return Array.isArray(events) && events.length > 0 ? events : undefined;
  } catch {
    return undefined;
  }
}
