import type { Exchanges, SystemDocument } from '@sluice/contracts/kit';

/** Alternatives of a regular expression, for names in which only dots are special. */
const anyOf = (names: readonly string[]): string => names.map((name) => name.replaceAll('.', '\\.')).join('|');

/** Guide for developers outside of the system, in addition to the schemas: the document's description. Markdown. */
export const guideOf = (
  { events, commands, deliveries, dead, home, operator, retryTiers }: Exchanges,
  { purpose, sendersFile }: Pick<SystemDocument, 'purpose' | 'sendersFile'>,
): string => `${purpose} over RabbitMQ (AMQP 0-9-1). Every exchange and queue is durable. The body of a
message contains its data as JSON in UTF-8, and nothing else; several facts may share one message, see *A batch*.

This document describes the system from inside: you may receive what it *sends* (facts, deliveries), and send what it
*receives* (requests). A program in any language with an AMQP client can take part, and nothing in the system changes
for it.

## A message

| where | what |
|---|---|
| property \`message-id\` | UUID of the message. A message may arrive more than once, always under the same id |
| property \`type\` | its type, such as \`order.placed\`; also its routing key |
| property \`app-id\` | the service that published it |
| property \`user-id\` | the broker's user that published it, verified by the broker; named like the service |
| property \`timestamp\` | seconds since the epoch; the header \`time\` is exact |
| property \`content-type\` | \`application/json\`; \`application/cloudevents-batch+json\` for a batch |
| property \`delivery-mode\` | 2; 1 for messages that may be lost (queries, requests with a password) |
| properties \`reply-to\`, \`correlation-id\` | address of the reply; both are absent when no caller waits |
| property \`expiration\` | only queries: remaining time of the caller in milliseconds |
| header \`version\` | version of the type's schema: another version is another shape |
| header \`time\` | time of publication, RFC 3339, UTC |
| header \`correlation-id\` | the id shared by all messages that one request caused; pass it on |
| header \`accepted-at\` | only requests from outside: time of acceptance, see below |
| header \`causation-id\` | the \`message-id\` of the message that caused this one |
| header \`traceparent\` | W3C trace context; pass it on |
| header \`timeout-ms\` | remaining time of the caller in milliseconds, see below |
| header \`CC\` | only facts with marks: further routing keys, \`<type>.<mark>\` |
| header \`attempts\` | how often handling has failed so far; absent means never |

\`accepted-at\` is in the time of the databases, and deadlines are compared with it. It is absent when the sender has
no estimate of that time. \`timeout-ms\` counts from the publication: add it to the time of arrival by your own clock.

Times are UTC, money is integer cents with an ISO 4217 currency, ids are UUIDs.

## Subscribing to facts

A fact is published once, to the topic exchange \`${events}\`, with its type as routing key. Each subscriber has its
own queue. A fact that has a mark (\`flash-sale\`, \`coupon\`) is also routed by \`<type>.<mark>\`, for queues that want
only those; a queue gets it once, whichever keys it is bound to. A fact that is published *while a queue is bound to it*
may be left out in the first second after the binding. A queue consumed by two programs distributes its messages between them; that is how one program runs in
several replicas.

1. Choose your own service name, here \`me\`. Declare the queue for dead letters, \`me.events.dead\`: durable,
   \`x-queue-type: quorum\`, \`x-delivery-limit: 1000000000\`. Bind it to \`${dead}\` with the routing key
   \`me.events\`.
2. Declare \`me.events\`: durable, \`x-queue-type: quorum\`, \`x-delivery-limit: 20\`,
   \`x-dead-letter-exchange: ${dead}\`, \`x-dead-letter-routing-key: me.events\`,
   \`x-dead-letter-strategy: at-least-once\`, \`x-overflow: reject-publish\`. Declaring it again with the same
   arguments changes nothing.
3. Bind it to \`${home}\` with its own name as routing key: failed messages return that way. For each retry tier
   (1000, 10000 and 60000 ms unless the system is configured with others) declare \`me.retry.<ms>\`: durable,
   \`x-queue-type: quorum\`, \`x-message-ttl: <ms>\`, \`x-dead-letter-exchange: ${home}\`,
   \`x-delivery-limit: 1000000000\`, \`x-dead-letter-strategy: at-least-once\`, \`x-overflow: reject-publish\`; bind
   it to \`${retryTiers}.<ms>\` with \`me.#\`.
4. Bind \`me.events\` to \`${events}\` with types (\`order.paid\`) or patterns, where \`*\` is one word and \`#\`
   any number of words: \`order.*\`, \`*.rejected\`, \`#\`.
5. Consume with manual acknowledgement and a prefetch (\`basic.qos\`, per consumer; 100 is a good start), the number
   of messages that you may hold at once.

The queue stores facts while you are not connected, without a limit: delete it when you stop for good.

Guarantees and rules:
- **At least once.** Store the ids of handled messages in the same transaction as their effect, and skip messages
  whose id is stored. Acknowledge after that transaction, not before.
- **No order.** Facts overtake each other. Every fact about an entity carries the entity's \`version\`, which only
  grows: a program with a copy ignores a fact whose version is not above the copy's. This is not the header
  \`version\`.
- **Unknown fields must be ignored**: fields are added without a new version, except where a schema closes an object
  (\`additionalProperties: false\`). Ignore also unknown types that match your pattern. A supported type with another
  header \`version\` than yours becomes a dead letter, since its shape is unknown to you.
- Only a new \`version\` may remove or change a field, add a value to an enumeration, or loosen a bound.

## A batch

Facts of one type that were committed together, and timers, may arrive as one message, whose \`content-type\` is
\`application/cloudevents-batch+json\`: the body is a JSON array of events in the
[JSON batch format of CloudEvents 1.0](https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md#4-json-batch-format),
at most 100, in the order of their commit. Requests never come in a batch. In each event:

| attribute | instead of |
|---|---|
| \`id\` | property \`message-id\`: store this id, not that of the batch |
| \`type\`, \`source\` | properties \`type\`, \`app-id\` |
| \`dataversion\` | header \`version\` |
| \`time\` | header \`time\` |
| \`correlationid\`, \`causationid\`, \`traceparent\`, \`acceptedat\` | headers \`correlation-id\`, \`causation-id\`, \`traceparent\`, \`accepted-at\` |
| \`data\` | the body |

The batch itself has a \`message-id\`, the common \`type\`, \`user-id\`, \`version\`, and in the header \`facts\` their
number. Handle its events in one transaction or one by one, and acknowledge when all have an ending. Publish a failing
one alone: its data as the body, with the properties and headers of the table and \`content-type: application/json\`.

## How a delivery ends

- **Done**: acknowledge.
- **Will never work** (not JSON, not the schema, an unsupported version): publish the message to \`${dead}\` with
  your queue's name as routing key, \`mandatory\` and persistent, with the same bytes, headers and properties except
  \`user-id\`. Add the headers \`reason\` (text), \`attempts\` (including this failure), \`failed-at\` (RFC 3339),
  \`original-exchange\`, \`original-routing-key\`, and \`sent-by\` (the original \`user-id\`; the broker accepts only
  your own user as \`user-id\`). Wait for the publisher confirm, then acknowledge. The message then stays in
  \`me.events.dead\` until an operator handles it. (\`basic.reject\` without requeue has the same effect, but records
  no reason.)
- **May work later** (a database that is down): publish it in the same way, but to the topic exchange
  \`${retryTiers}.<ms>\`, with your queue's name as routing key and \`attempts\` increased. It waits in your own
  \`me.retry.<ms>\`, and then returns to your queue over \`${home}\`. After the last tier it is a dead letter.
  Remove \`expiration\` and the headers \`x-death\`, \`x-first-death-*\`, \`x-last-death-*\`, \`x-delivery-count\`
  from a republished message.
- **No ending** (your process crashes, the connection breaks): the broker delivers it again, and makes it a dead
  letter after 20 deliveries.

Without the confirm, do not acknowledge.

The services of this system handle a message only when \`user-id\` names a user that may send it: a fact only from its
owner, a request only from the services that make it. To check the same, compare \`user-id\` with the owner of the
fact (the tag of its operation), and trust \`sent-by\` only when \`user-id\` is your own user or the message arrived
through the exchange \`${operator}\`. To let operators redrive your dead letters, bind \`me.events\` to
\`${operator}\` with its own name as routing key; the operators' command does that as well.

## Sending a request

Requests are accepted only from the services that make them: your program needs an entry in
\`${sendersFile}\`, and sets the property \`user-id\` to its user.

A command or query goes to the direct exchange \`${commands}\` with its type as routing key, \`mandatory\`, on a
channel in confirm mode. Returned means that no service handles this type; confirmed means that it is in its owner's
queue. A confirmed command is carried out, however late. Repeating it under the same \`message-id\` is safe.

To receive a reply: consume \`amq.rabbitmq.reply-to\` without acknowledgements on the channel that you publish on. Set
\`reply-to\` to that name, \`correlation-id\` to an id of your own, and the header \`timeout-ms\`; for queries also
\`expiration\`, the same number as text. The reply has your \`correlation-id\`:
- \`content-type: application/json\`: the reply, in the schema of the operation's reply; an empty body when there is
  none.
- \`content-type: application/problem+json\`: the reason of a refusal as problem details (RFC 9457): \`type\`,
  \`title\`, \`status\` (as in HTTP), \`detail\`. \`4xx\` is the owner's "no", \`400\` a malformed request, \`500\` a
  fault.
- No reply before the deadline: a query is lost; a command will still be carried out.

Unknown fields in a request are refused where its schema closes the object, and ignored elsewhere.

## Answering requests: a new RPC of your own

1. Name it \`<your service>.<noun>\`, for example \`me.report\`. Declare \`me.queries\`: durable,
   \`x-queue-type: classic\`, \`x-max-length: 10000\`, \`x-overflow: reject-publish\`, no dead letters: queries are
   reads, which are useless when late. Bind it to \`${commands}\` with each type.
2. For each delivery: when \`reply-to\` or \`correlation-id\` is absent, or the \`timeout-ms\` since its arrival have
   passed, no caller waits: acknowledge and do nothing.
3. Reply to the default exchange (\`\`), routing key = \`reply-to\`, not \`mandatory\`, not persistent, with the same
   \`correlation-id\`, \`type: answer\`, and the content type as above. Then acknowledge.
4. Reply to faults and malformed requests (\`400\`) too, so that the caller does not wait for its deadline. Never
   retry a query.

Commands (work that must not be lost) have a queue like that of facts, \`me.commands\`, and are carried out also after
their deadline; only the reply is then omitted.

## Deliveries

A message to one person over one channel goes to the headers exchange \`${deliveries}\` with an empty routing key
and the header \`channel\`: bind a queue with the arguments \`x-match: all\`, \`channel: sms\`.

## What your broker user needs

For the service \`me\`, in the system's virtual host:
- configure \`^me\\..*$\`
- write \`^(me\\..*|${anyOf([dead, home, retryTiers])}\\..*|amq\\.default)$\`
- read \`^(me\\..*|${anyOf([events, dead, home, retryTiers])}\\..*|${anyOf([commands])})$\`

To send requests as well, write \`${commands}\`.
`;
