import { jsonSchemaOf, markedKey, system, type Contract, type SystemDocument } from '@sluice/contracts/kit';
import { channelOf } from '../channel-of.js';
import { MANDATORY } from '../codec.js';
import { ENVELOPES, headersOf, isRequest, propertiesOf, schema } from './envelope.js';
import { exampleOf } from './example.js';
import { guideOf } from './guide.js';

/** Version of the AMQP bindings of AsyncAPI, used by all objects. */
const bindingVersion = '0.3.0';
const amqp = (binding: object) => ({ amqp: { ...binding, bindingVersion } });

/** Exchange type of each kind of message, which routes by key or by headers. */
export const EXCHANGE_TYPES = { event: 'topic', command: 'direct', query: 'direct', delivery: 'headers' } as const;

const UNNAMED: SystemDocument = {
  title: 'Messages',
  purpose: 'Messages',
  sendersFile: 'the declaration of the system',
  examples: [],
};

/** Channel that describes the replies of all requests. */
const ANSWERS = 'answers';
const PROBLEM = 'problem';

/**
 * The AsyncAPI 3 document of all messages of the system, derived from the contracts and from the routes of the
 * encoder. It describes what can be received and sent; which service does so is in the topology map.
 */
export function asyncApiDocument(): object {
  const { catalogue, exchanges, document = UNNAMED } = system();
  const contracts = [...catalogue.contracts.values()];
  return {
    asyncapi: '3.0.0',
    info: {
      title: document.title,
      version: '1',
      description: guideOf(exchanges, document),
      license: { name: 'MIT' },
      tags: [...new Set(contracts.map(publisherOf))].map((name) => ({
        name,
        description: `What ${name} publishes and answers`,
      })),
    },
    defaultContentType: 'application/json',
    servers: { broker: server() },
    channels: {
      ...Object.fromEntries(contracts.map((contract) => [contract.type, channel(contract)])),
      [ANSWERS]: answers(contracts),
    },
    operations: Object.fromEntries(
      contracts.map((contract) => [
        `${isRequest(contract) ? 'receive' : 'send'}.${contract.type}`,
        operation(contract),
      ]),
    ),
    components: {
      schemas: ENVELOPES,
      securitySchemes: {
        user: {
          type: 'userPassword',
          description: 'A broker user of your own; the description lists its permissions',
        },
      },
    },
  };
}

const server = () => ({
  host: '{host}:{port}',
  pathname: '/{vhost}',
  protocol: 'amqp',
  protocolVersion: '0-9-1',
  description: 'RabbitMQ 3.10 or later',
  variables: {
    host: { default: 'localhost' },
    port: { default: '5672' },
    vhost: { default: 'sluice', description: "The system's virtual host" },
  },
  security: [{ $ref: '#/components/securitySchemes/user' }],
});

function channel(contract: Contract): object {
  const { type, kind } = contract;
  const exchange = system().exchanges.of(kind);
  return {
    // Deliveries have an empty routing key: their address is a header.
    address: kind === 'delivery' ? null : type,
    title: type,
    description:
      kind === 'delivery'
        ? `Exchange ${exchange}: bind with x-match: all, channel: ${channelOf(contract)}`
        : `Exchange ${exchange}, routing key ${type}${alsoBy(contract)}`,
    messages: { [type]: message(contract) },
    bindings: amqp({
      is: 'routingKey',
      exchange: { name: exchange, type: EXCHANGE_TYPES[kind], durable: true, autoDelete: false },
    }),
  };
}

const alsoBy = ({ type, marks = {} }: Contract): string =>
  Object.keys(marks)
    .map((mark) => `; those with the mark ${mark} also ${markedKey(type, mark)}`)
    .join('');

function message(contract: Contract): object {
  const { type, version, about } = contract;
  return {
    name: type,
    title: `${type}, version ${version}`,
    summary: summary(contract),
    ...(about !== undefined && { description: about }),
    contentType: 'application/json',
    headers: headersOf(contract),
    payload: jsonSchemaOf(contract.schema),
    correlationId: {
      location: '$message.header#/correlation-id',
      description: 'What everything caused by one request shares',
    },
    bindings: amqp({ messageType: type }),
    ...exampleOf(contract),
    'x-amqp-properties': propertiesOf(contract),
  };
}

/** Who publishes or answers a message. */
const publisherOf = (contract: Contract): string =>
  contract.shared ? 'every service' : system().catalogue.ownerOf(contract);

function summary(contract: Contract): string {
  const owner = publisherOf(contract);
  switch (contract.kind) {
    case 'event':
      return `A fact, published by ${owner}${contract.onDemand ? ', while a queue is bound to it' : ''}`;
    case 'delivery':
      return `To one person over ${channelOf(contract)}, published by ${owner}`;
    case 'query':
      return `A read, answered by ${owner}; over when its caller stops waiting`;
    case 'command':
      return contract.transient
        ? `A request, answered by ${owner}; never kept, and over when its caller stops waiting`
        : `A request, carried out by ${owner}`;
  }
}

function operation(contract: Contract): object {
  const { type, transient, bounded, waitsIn, kind } = contract;
  const notes = [
    ...(bounded ? ['Its queue holds so many and no more: beyond that the broker refuses it (a nack).'] : []),
    ...(waitsIn === undefined
      ? []
      : [
          `A timer: its owner puts it into a queue ${waitsIn}.<milliseconds>, from which the broker delivers it ` +
            'when its time is up.',
        ]),
  ];
  return {
    action: isRequest(contract) ? 'receive' : 'send',
    channel: { $ref: `#/channels/${type}` },
    messages: [{ $ref: `#/channels/${type}/messages/${type}` }],
    summary: summary(contract),
    ...(notes.length > 0 && { description: notes.join(' ') }),
    tags: [{ name: publisherOf(contract) }],
    bindings: amqp({
      deliveryMode: transient ? 1 : 2,
      mandatory: MANDATORY[kind],
      ...(isRequest(contract) ? { ack: true } : {}),
    }),
    ...(isRequest(contract) && { reply: reply(contract) }),
  };
}

const answerName = ({ type }: Contract): string => `${type}.answer`;

const reply = (contract: Contract): object => ({
  address: {
    location: '$message.header#/reply-to',
    description: 'The AMQP property reply-to, a routing key of the default exchange; answered only when it is there',
  },
  channel: { $ref: `#/channels/${ANSWERS}` },
  messages: [answerName(contract), PROBLEM].map((name) => ({ $ref: `#/channels/${ANSWERS}/messages/${name}` })),
});

/** The single channel of all replies: they go directly to their callers, over the default exchange. */
function answers(contracts: readonly Contract[]): object {
  const requests = contracts.filter(isRequest);
  return {
    address: null,
    title: 'Answers',
    description:
      'To the reply-to of the request, over the default exchange. Its content type marks an answer or a problem.',
    messages: {
      ...Object.fromEntries(requests.map((contract) => [answerName(contract), answer(contract)])),
      [PROBLEM]: problem(),
    },
  };
}

const answer = (contract: Contract): object => ({
  name: 'answer',
  title: `The answer to ${contract.type}`,
  ...(contract.reply ? { payload: jsonSchemaOf(contract.reply) } : { description: 'Done. The body is empty.' }),
  contentType: 'application/json',
  ...answered(),
});

const problem = (): object => ({
  name: 'answer',
  title: 'Why there is no answer',
  description: 'Problem details (RFC 9457). Each request names the statuses of its own; 400 malformed, 500 a fault.',
  contentType: 'application/problem+json',
  payload: schema('Problem'),
  ...answered(),
});

const answered = (): object => ({
  bindings: amqp({ messageType: 'answer' }),
  'x-amqp-properties': schema('AnswerProperties'),
});
