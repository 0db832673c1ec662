/** A message from the broker, or one of an outbox. */
interface Readable {
  properties: { messageId?: string; type?: string; contentType?: string; headers?: Readonly<Record<string, unknown>> };
  content: Buffer;
}

/** A fact as other programs read it. */
export interface ReceivedFact {
  id: string;
  type: string;
  correlationId: unknown;
  data: unknown;
}

/** The facts in a message, written here a second time independently: of a CloudEvents batch each, else the message. */
export function factsIn({ properties, content }: Readable): ReceivedFact[] {
  const body: unknown = content.length === 0 ? undefined : JSON.parse(content.toString());
  if (properties.contentType === 'application/cloudevents-batch+json')
    return (body as { id: string; type: string; correlationid: unknown; data: unknown }[]).map(
      ({ id, type, correlationid: correlationId, data }) => ({ id, type, correlationId, data }),
    );
  const { messageId: id = '', type = '', headers } = properties;
  return [{ id, type, correlationId: headers?.['correlation-id'], data: body }];
}
