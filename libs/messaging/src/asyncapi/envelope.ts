import { Id, Instant, jsonSchemaOf, Problem, type Contract, type JsonSchema } from '@sluice/contracts/kit';
import { z } from 'zod';
import { channelOf } from '../channel-of.js';

const count = z.int().min(1);

/** Headers of every message. */
const HEADERS = {
  version: count.describe('Version of the schema of this type'),
  time: Instant.describe('Time of publication'),
  'correlation-id': z.string().min(1).max(128).describe('What everything caused by one request shares'),
  'causation-id': Id.optional().describe('The message that caused this one'),
  traceparent: z.string().optional().describe('W3C trace context'),
  CC: z.array(z.string()).optional().describe('Further routing keys of a fact with marks, `<type>.<mark>`'),
};
/** Additional headers of retries and dead letters. */
const FAILURES = {
  attempts: count.optional().describe('How often handling it has failed so far'),
  reason: z.string().optional().describe('Why it failed last'),
  history: z
    .array(z.object({ at: Instant, reason: z.string() }))
    .optional()
    .describe('Each try that failed, oldest first; of very many the first and the last ones'),
  redriven: count.optional().describe('How often it was sent home after it had been a dead letter'),
  'original-exchange': z.string().optional().describe('Where it was first published'),
  'original-routing-key': z.string().optional(),
  'sent-by': z.string().optional().describe('The user-id that it first came with; empty: it had none'),
  'failed-at': Instant.optional().describe('Dead letters: when it was given up'),
  stack: z.string().optional().describe('Dead letters: where it failed'),
};
const OF_REQUESTS = {
  'accepted-at': Instant.optional().describe(
    'When it was accepted from outside, by the clock of the databases; deadlines are judged by it',
  ),
  'timeout-ms': z
    .int()
    .min(0)
    .optional()
    .describe('How long its caller still waits, from the publishing on: milliseconds'),
};

/** AMQP properties beside the headers, named as in the AMQP specification. AsyncAPI has no fields for them. */
const PROPERTIES = {
  'message-id': Id.describe('The same id is the same message'),
  type: z.string().describe('The type of the message'),
  timestamp: z.int().describe('Seconds since the epoch'),
  'app-id': z.string().describe('The service that publishes it'),
  'user-id': z.string().optional().describe("The broker's user that published it, checked by the broker"),
  'content-type': z
    .literal('application/json')
    .describe('Facts also come in batches: application/cloudevents-batch+json, see the description of this document'),
  'delivery-mode': z.union([z.literal(1), z.literal(2)]),
};
const ADDRESS = {
  'reply-to': z.string().optional().describe('Routing key of the answer, on the default exchange'),
  'correlation-id': z
    .string()
    .optional()
    .describe('Comes back with the answer; another thing than the header of that name'),
};
const EXPIRATION = { expiration: z.string().optional().describe('Milliseconds until the caller has gone') };

export const ENVELOPES = {
  FactHeaders: jsonSchemaOf(z.looseObject({ ...HEADERS, ...FAILURES })),
  RequestHeaders: jsonSchemaOf(z.looseObject({ ...HEADERS, ...OF_REQUESTS, ...FAILURES })),
  FactProperties: jsonSchemaOf(z.object(PROPERTIES)),
  RequestProperties: jsonSchemaOf(z.object({ ...PROPERTIES, ...ADDRESS })),
  QueryProperties: jsonSchemaOf(z.object({ ...PROPERTIES, ...ADDRESS, ...EXPIRATION })),
  AnswerProperties: jsonSchemaOf(
    z.object({
      'correlation-id': z.string().describe("The request's"),
      type: z.literal('answer'),
      'content-type': z.enum(['application/json', 'application/problem+json']),
      'delivery-mode': z.literal(1),
    }),
  ),
  Problem: jsonSchemaOf(Problem),
} satisfies Record<string, JsonSchema>;

export const schema = (name: keyof typeof ENVELOPES) => ({ $ref: `#/components/schemas/${name}` });

export const isRequest = ({ kind }: Contract): boolean => kind === 'command' || kind === 'query';

/** The headers of one contract's messages. */
export const headersOf = (contract: Contract): object => ({
  type: 'object',
  allOf: [schema(isRequest(contract) ? 'RequestHeaders' : 'FactHeaders')],
  required: contract.kind === 'delivery' ? ['channel'] : [],
  properties: {
    version: { const: contract.version },
    ...(contract.kind === 'delivery' && { channel: { const: channelOf(contract) } }),
  },
});

export function propertiesOf(contract: Contract): object {
  if (!isRequest(contract)) return schema('FactProperties');
  return schema(contract.transient ? 'QueryProperties' : 'RequestProperties');
}
