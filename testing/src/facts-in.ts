import type { GetMessage } from 'amqplib';

/** A fact as other programs read it. */
export interface ReceivedFact {
  id: string;
  type: string;
  correlationId: unknown;
  data: unknown;
}

/** The facts in a message, written here a second time independently: of a CloudEvents batch each, else the message. */
export function factsIn({ properties, content }: Pick<GetMessage, 'properties' | 'content'>): ReceivedFact[] {
  const body: unknown = content.length === 0 ? undefined : JSON.parse(content.toString());
  if (properties.contentType === 'application/cloudevents-batch+json')
    return (body as { id: string; type: string; correlationid: unknown; data: unknown }[]).map(
      ({ id, type, correlationid: correlationId, data }) => ({ id, type, correlationId, data }),
    );
  const { messageId: id, type, headers } = properties as { messageId: string; type: string; headers?: object };
  return [
    { id, type, correlationId: (headers as Record<string, unknown> | undefined)?.['correlation-id'], data: body },
  ];
}
