import { createRequire } from 'node:module';
import { DiagnosticSeverity, Parser, type AsyncAPIDocumentInterface } from '@asyncapi/parser';
import { catalogue, EXCHANGES, jsonSchemaOf, type Contract, type JsonSchema, type Outgoing } from '@sluice/contracts';
import { testBroker } from '@sluice/testing';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { encodeAnswer } from '../answer.js';
import { encode, MANDATORY, type WireMessage } from '../codec.js';
import { PermanentError } from '../errors.js';
import { valuesOf } from '../testing/values-of.js';
import { asyncApiDocument, EXCHANGE_TYPES } from './document.js';

type Validate = ((data: unknown) => boolean) & { errors?: object[] };
interface Validator {
  addSchema(schema: object): void;
  compile(schema: object): Validate;
}
/** The validator that the official parser itself uses. */
const fromParser = createRequire(createRequire(import.meta.url).resolve('@asyncapi/parser'));
const { default: Ajv } = fromParser('ajv') as { default: new (options: object) => Validator };
const { default: addFormats } = fromParser('ajv-formats') as { default: (ajv: Validator) => void };

const text = JSON.stringify(asyncApiDocument());
const raw = JSON.parse(text) as {
  channels: Record<string, { messages: Record<string, object> }>;
  operations: Record<string, object>;
};
const ajv = new Ajv({ strict: false });
addFormats(ajv);
ajv.addSchema({ $id: 'document', ...raw });

const contracts = [...catalogue.values()];
const requests = contracts.filter(({ kind }) => kind === 'command' || kind === 'query');

const compiled = new Map<string, Validate>();

/** Validates against the document, with its references resolved. */
function check(place: string, data: unknown): void {
  const validate = compiled.get(place) ?? ajv.compile({ $ref: `document#/${place}` });
  compiled.set(place, validate);
  expect(validate(data), `${place}: ${JSON.stringify(validate.errors)} in ${JSON.stringify(data)}`).toBe(true);
}

const dataOf = ({ schema }: Contract) => valuesOf(jsonSchemaOf(schema));
const abouts = fc.record(
  {
    id: fc.uuid(),
    time: fc.constant('2026-01-02T03:04:05.678Z'),
    correlationId: fc.string({ minLength: 1, maxLength: 128 }),
    acceptedAt: fc.constant('2026-01-02T03:04:05.678Z'),
    causationId: fc.uuid(),
    traceparent: fc.string(),
    source: fc.constant('orders'),
    reply: fc.record({ to: fc.string(), id: fc.uuid() }),
    timeoutMs: fc.integer(),
  },
  { requiredKeys: ['id', 'time', 'correlationId', 'source'] },
);

/** Undefined for the few values that only a check in code refuses. */
function encoded(contract: Contract, data: unknown, about: Parameters<typeof encode>[1]): WireMessage | undefined {
  try {
    return encode({ contract, data } as Outgoing, about);
  } catch (error) {
    expect(error).toBeInstanceOf(PermanentError);
    return undefined;
  }
}

/** Renames the properties of amqplib to those of the AMQP specification. */
const amqpNames = ({
  messageId,
  type,
  timestamp,
  contentType,
  appId,
  persistent,
  expiration,
  replyTo,
  correlationId,
}: Partial<Record<keyof WireMessage['properties'], unknown>>) => ({
  type,
  timestamp,
  'message-id': messageId,
  'content-type': contentType,
  'app-id': appId,
  'delivery-mode': persistent ? 2 : 1,
  ...(expiration !== undefined && { expiration }),
  ...(replyTo !== undefined && { 'reply-to': replyTo }),
  ...(correlationId !== undefined && { 'correlation-id': correlationId }),
});

describe('the AsyncAPI document', () => {
  let document: AsyncAPIDocumentInterface | undefined;
  let diagnostics: Awaited<ReturnType<Parser['parse']>>['diagnostics'];
  beforeAll(async () => {
    ({ document, diagnostics } = await new Parser().parse(text));
  });

  it('is valid by the official parser, without an error or a warning', () => {
    // Version 3.1 adds nothing that is needed here, and fewer tools support it.
    const others = diagnostics.filter(({ code }) => code !== 'asyncapi-latest-version');
    expect(others).toEqual([]);
    expect(diagnostics.every(({ severity }) => severity === DiagnosticSeverity.Information)).toBe(true);
  });

  it('has every contract as one channel, one operation and one message, with its routing key and its version', () => {
    for (const contract of contracts) {
      const { kind, type, version } = contract;
      const action = kind === 'event' || kind === 'delivery' ? 'send' : 'receive';
      const operation = document?.operations().get(`${action}.${type}`);
      const [channel] = operation?.channels().all() ?? [];
      expect(channel?.address()).toBe(kind === 'delivery' ? null : type);
      expect(channel?.bindings().get('amqp')?.value()).toMatchObject({
        is: 'routingKey',
        exchange: { name: EXCHANGES.of(kind), type: EXCHANGE_TYPES[kind] },
      });
      const [message, ...more] = operation?.messages().all() ?? [];
      expect(more).toEqual([]);
      expect(message?.headers()?.properties()?.['version']?.const()).toBe(version);
      expect(operation?.reply() !== undefined).toBe(action === 'receive');
    }
    expect(Object.keys(raw.operations)).toHaveLength(contracts.length);
    expect(Object.keys(raw.channels)).toHaveLength(contracts.length + 1);
  });

  it('names the exchanges as they are declared on a broker', async () => {
    const broker = await testBroker();
    const exchanges = await broker.management.get<{ name: string; type: string; durable: boolean }[]>(
      `exchanges/${broker.vhost}`,
    );
    await broker.close();
    for (const kind of Object.keys(MANDATORY) as (keyof typeof MANDATORY)[]) {
      expect(exchanges).toContainEqual(
        expect.objectContaining({ name: EXCHANGES.of(kind), type: EXCHANGE_TYPES[kind], durable: true }),
      );
    }
  });

  it.each(['event', 'command', 'query', 'delivery'] as const)(
    'describes every %s as it is encoded: its data, its headers, its properties',
    (kind) => {
      for (const contract of contracts.filter((one) => one.kind === kind)) {
        const at = `channels/${contract.type}/messages/${contract.type}`;
        let count = 0;
        const property = fc.property(dataOf(contract), abouts, (data, about) => {
          const wire = encoded(contract, data, about);
          if (!wire) return;
          count++;
          check(`${at}/payload`, JSON.parse(wire.body));
          check(`${at}/headers`, wire.properties.headers);
          check(`${at}/x-amqp-properties`, amqpNames(wire.properties));
        });
        // Checks in code refuse most values of a few contracts (a currency, a percentage), so these need more tries.
        for (let numRuns = 20; count === 0 && numRuns <= 2_000; numRuns *= 10) fc.assert(property, { numRuns });
        expect(count, contract.type).toBeGreaterThan(0);
      }
    },
  );

  it('describes every answer, and every problem', () => {
    const to = { to: 'somebody', id: 'request-1' };
    const answered = requests.filter(
      (contract): contract is Contract & { reply: NonNullable<Contract['reply']> } => contract.reply !== undefined,
    );
    fc.assert(
      fc.property(
        fc
          .constantFrom(...answered)
          .chain((contract) => fc.tuple(fc.constant(contract), valuesOf(jsonSchemaOf(contract.reply)))),
        ([contract, value]) => {
          const answer = encodeAnswer({ value: contract.reply.safeParse(value).data }, to);
          if (answer.body.length === 0) return;
          check(`channels/answers/messages/${contract.type}.answer/payload`, JSON.parse(answer.body.toString()));
          check(`channels/answers/messages/${contract.type}.answer/x-amqp-properties`, amqpNames(answer.properties));
        },
      ),
    );
    const problem = encodeAnswer({ problem: { type: 'about:blank', title: 'Not found', status: 404, sku: 'X' } }, to);
    check('channels/answers/messages/problem/payload', JSON.parse(problem.body.toString()));
    check('channels/answers/messages/problem/x-amqp-properties', amqpNames(problem.properties));
  });

  it('refuses invalid messages: another version, no id, a payload without its fields', () => {
    const payload = raw.channels['order.placed']?.messages['order.placed'] as {
      headers: JsonSchema;
      payload: JsonSchema;
      examples: { headers: object; payload: object }[];
    };
    const [{ headers, payload: data }] = payload.examples as [{ headers: object; payload: object }];
    check('channels/order.placed/messages/order.placed/headers', headers);
    check('channels/order.placed/messages/order.placed/payload', data);
    expect(() => check('channels/order.placed/messages/order.placed/headers', { ...headers, version: 2 })).toThrow();
    expect(() =>
      check('channels/order.placed/messages/order.placed/headers', { ...headers, 'correlation-id': undefined }),
    ).toThrow();
    expect(() => check('channels/order.placed/messages/order.placed/payload', { ...data, orderId: 'x' })).toThrow();
    expect(() =>
      check('channels/order.placed/messages/order.placed/x-amqp-properties', { type: 'order.placed' }),
    ).toThrow();
  });
});
