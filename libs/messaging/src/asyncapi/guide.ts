/** What a stranger needs to know beside the schemas. Markdown; the document's own description. */
export const GUIDE = `Order processing over RabbitMQ (AMQP 0-9-1). Every exchange and queue is durable; the body of a message is its data as JSON in UTF-8, and nothing else.

This document speaks from inside the system: what it *sends*, you may receive (facts, deliveries); what it *receives*, you may send (requests). Any language with an AMQP client can take part, and nothing in the system changes for it.

## A message

| where | what |
|---|---|
| property \`message-id\` | UUID of the message. The same message may arrive more than once: the same id is the same message |
| property \`type\` | its type, \`order.placed\`; also its routing key |
| property \`app-id\` | the service that said it |
| property \`user-id\` | the broker's user that published it, which the broker has checked; here it is called like the service |
| property \`timestamp\` | seconds since the epoch; the header \`time\` is exact |
| property \`content-type\` | \`application/json\` |
| property \`delivery-mode\` | 2; 1 for what may be lost (queries, requests with a password) |
| properties \`reply-to\`, \`correlation-id\` | the address of an answer and nothing else; both absent when nobody waits |
| property \`expiration\` | of queries: milliseconds until the caller has gone |
| header \`version\` | version of the type's schema: another version is another shape |
| header \`time\` | when it was said, RFC 3339, UTC |
| header \`correlation-id\` | the id that everything caused by one request shares; pass it on |
| header \`accepted-at\` | of a request from outside: when it was accepted, by the clock of the databases; deadlines are judged by it. Absent when the sender does not know that clock |
| header \`causation-id\` | the \`message-id\` of the message that caused this one |
| header \`traceparent\` | W3C trace context; pass it on |
| header \`timeout-ms\` | how long the caller still waits, from the publishing on: milliseconds. Count them from the arrival, by your own clock |
| header \`attempts\` | how often handling it has failed so far; absent means never |

Times are UTC, money is integer cents with an ISO 4217 currency, ids are UUIDs.

## Listening to facts

A fact is published once, to the topic exchange \`shop.events\`, with its type as routing key. Whoever wants it has a queue of their own: a queue that two programs read from shares its messages between them, which is how one program runs many times.

1. Choose a service name of your own, here \`me\`. Declare the queue for dead letters, \`me.events.dead\`: durable, \`x-queue-type: quorum\`, \`x-delivery-limit: 1000000000\`. Bind it to \`shop.dead\` by the routing key \`me.events\`.
2. Declare \`me.events\`: durable, \`x-queue-type: quorum\`, \`x-delivery-limit: 20\`, \`x-dead-letter-exchange: shop.dead\`, \`x-dead-letter-routing-key: me.events\`, \`x-dead-letter-strategy: at-least-once\`, \`x-overflow: reject-publish\`. Declaring it again with the same arguments changes nothing.
3. Bind it to \`shop.home\` by its own name: failed messages come back that way. For each tier of waiting (1000, 10000 and 60000 ms unless the system was set up with others) declare \`me.retry.<ms>\`: durable, \`x-queue-type: quorum\`, \`x-message-ttl: <ms>\`, \`x-dead-letter-exchange: shop.home\`, \`x-delivery-limit: 1000000000\`, \`x-dead-letter-strategy: at-least-once\`, \`x-overflow: reject-publish\`; bind it to \`shop.retry-tier.<ms>\` by \`me.#\`.
4. Bind \`me.events\` to \`shop.events\` by types (\`order.paid\`) or patterns: \`*\` is one word, \`#\` any number of them: \`order.*\`, \`*.rejected\`, \`#\`.
5. Consume with manual acknowledgement and a prefetch (\`basic.qos\`, per consumer, 100 is a good beginning): it is how many messages you may hold at once.

It keeps what is said while you are away, without bound: remove the queue when you stop for good.

What holds:
- **At least once.** Keep the ids of the messages that you have handled, in the same transaction as their effect, and skip an id that is there. Acknowledge after that transaction, not before.
- **No order.** Facts overtake each other. Every fact about an entity carries the entity's \`version\`, which only grows: who keeps a copy ignores a fact whose version is not above the copy's. It is another thing than the header \`version\`.
- **Unknown fields must be ignored**: fields are added without a new version, except where a schema closes an object (\`additionalProperties: false\`). So must types that your pattern catches and you do not know. A known type with another header \`version\` than yours is a dead letter: you do not know its shape.
- A field is removed or changed, a value added to an enumeration, a bound loosened only under a new \`version\`.

## How a delivery ends

- **Done**: acknowledge.
- **Will never work** (not JSON, not the schema, an unknown version): publish the same properties but \`user-id\`, the same headers and bytes to \`shop.dead\`, routing key = your queue's name, \`mandatory\`, persistent, with the headers \`reason\` (text), \`attempts\` (this failure counted), \`failed-at\` (RFC 3339), \`original-exchange\`, \`original-routing-key\`, and \`sent-by\` (the \`user-id\` that it came with; the broker takes a message in the name of its publisher alone); wait for the publisher confirm; then acknowledge. It is then in \`me.events.dead\` and stays there until somebody looks. (\`basic.reject\` without requeue gets it there too, without a reason.)
- **May work later** (a database that is away): the same publish, to the topic exchange \`shop.retry-tier.<ms>\` with your queue's name as routing key and \`attempts\` increased: it waits in your own \`me.retry.<ms>\`, and then comes back to your queue over \`shop.home\`. After the last tier it is a dead letter. Drop \`expiration\` and the headers \`x-death\`, \`x-first-death-*\`, \`x-last-death-*\`, \`x-delivery-count\` from what you publish again.
- **No ending** (you crash, the connection breaks): it is delivered again. After 20 times the broker makes it a dead letter.

If the confirm does not come, do not acknowledge.

The services of this system handle a message only when \`user-id\` names a user that may send it: a fact its owner, a request one of the services that make it. To check the same, compare \`user-id\` with the owner of the fact (the tag of its operation), and believe \`sent-by\` only where \`user-id\` is your own user or the message came by the exchange \`shop.operator\`. To let operators send your dead letters home, bind \`me.events\` to \`shop.operator\` by its own name; their command does it, too.

## Sending a request

Requests are taken of the services that make them, so a program of yours needs an entry in \`libs/contracts/src/senders.ts\`, and sets the property \`user-id\` to its user.

A command or query goes to the direct exchange \`shop.commands\` with its type as routing key, \`mandatory\`, on a channel in confirm mode: returned means that nobody takes it; confirmed means that it is in its owner's queue, and a command is then carried out, however late. Repeating it under the same \`message-id\` is safe.

To get an answer: consume \`amq.rabbitmq.reply-to\` without acknowledgements on the channel that you publish on, and set \`reply-to\` to that name, \`correlation-id\` to an id of your own, and the header \`timeout-ms\`; on queries also \`expiration\`, the same number as text. The answer comes with your \`correlation-id\`:
- \`content-type: application/json\`: the answer, in the schema of the operation's reply; an empty body where the reply has none.
- \`content-type: application/problem+json\`: why not, as problem details (RFC 9457): \`type\`, \`title\`, \`status\` (as in HTTP), \`detail\`. \`4xx\` is the owner's "no", \`400\` a malformed request, \`500\` a fault.
- Nothing until the deadline: a query has come to nothing; a command will still be carried out.

Unknown fields in a request are refused where its schema closes the object, and ignored elsewhere.

## Answering requests: a new RPC of your own

1. Name it \`<your service>.<noun>\`, for example \`me.report\`. Declare \`me.queries\`: durable, \`x-queue-type: classic\`, \`x-max-length: 10000\`, \`x-overflow: reject-publish\`, no dead letters: queries are reads, which nobody wants late. Bind it to \`shop.commands\` by each type.
2. For each delivery: when \`reply-to\` or \`correlation-id\` is absent, or the \`timeout-ms\` since it arrived are over, nobody waits: acknowledge and do nothing.
3. Answer to the default exchange (\`\`), routing key = \`reply-to\`, not \`mandatory\`, not persistent, with the same \`correlation-id\`, \`type: answer\`, and the content type as above. Then acknowledge.
4. Answer faults too, and what you cannot read (\`400\`): whoever waits should not have to wait for the deadline. Never retry a query.

Commands (work that must not be lost) have a queue like that of facts, \`me.commands\`, and are carried out also when their deadline has passed; then only the answer is left out.

## Deliveries

A message to one person over one channel goes to the headers exchange \`shop.deliveries\` with an empty routing key and the header \`channel\`: bind a queue with the arguments \`x-match: all\`, \`channel: sms\`.

## What your broker user needs

For the service \`me\`, in the system's virtual host: configure \`^me\\..*$\`, write \`^(me\\..*|shop\\.dead|shop\\.home|shop\\.retry-tier\\..*|amq\\.default)$\`, read \`^(me\\..*|shop\\.events|shop\\.dead|shop\\.home|shop\\.retry-tier\\..*|shop\\.commands)$\`. To send requests as well, write \`shop.commands\`.
`;
