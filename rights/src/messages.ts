import { EXCHANGES, SHARED_FACTS, catalogue, factsOf, markedKey, sendersOf, type Contract } from '@sluice/contracts';
import { SERVICES } from '@sluice/topology';
import { serviceOf } from './message-attempts.js';
import { Sender, type Context } from './sender.js';
import { Timers } from './timers.js';
import type { User } from './user.js';

/** Exchanges to which no message is sent first; a timer is tried with the first four. */
const OTHERS = [
  ...[EXCHANGES.home, EXCHANGES.homeless, EXCHANGES.operator, EXCHANGES.live, EXCHANGES.optional, EXCHANGES.unrouted],
  ...['amq.topic', 'amq.fanout', 'amq.direct', 'amq.headers'],
];

const BY_ITS_SERVICE = { headers: { reason: 'by its service' } };
const BY_AN_ADMINISTRATOR = { headers: { reason: 'by an administrator' } };

/** Sends every message of the catalogue by every way. */
export async function sendAll(user: User, context: Context): Promise<void> {
  const sender = new Sender(user, context);
  const timers = new Timers(user);
  for (const contract of catalogue.values()) {
    const queues = queuesOf(context, contract);
    await throughItsExchange(sender, contract, isBound(contract));
    for (const exchange of OTHERS)
      await sender.send(contract, 'another exchange', { exchange, key: contract.type, once: exchange });
    for (const queue of queues) await intoQueue(sender, contract, queue);
    await byTimer(sender, timers, contract, queues);
  }
  await sender.confirmed();
}

/** Every queue that takes messages of a type, with the queue beside it where that is bounded. */
function queuesOf({ map }: Context, { type }: Contract): string[] {
  const queues = Object.entries(SERVICES).flatMap(([service, byName]) =>
    Object.entries(byName)
      .filter(([, contracts]) => contracts.some((contract) => typeof contract !== 'string' && contract.type === type))
      .map(([name]) => `${service}.${name}`),
  );
  const beside = queues.map((queue) => `${queue}-again`);
  return [...queues, ...beside.filter((queue) => map.queues.some(({ name }) => name === queue))];
}

/** Whether new messages of a type are routed to a queue; `leftover` ones only rest there. */
const isBound = ({ type }: Contract): boolean =>
  Object.values(SERVICES)
    .flatMap((byName) => Object.values(byName).flat())
    .some((contract) => typeof contract !== 'string' && contract.type === type && !contract.unbound);

const keyOf = ({ kind, type }: Contract): string => (kind === 'delivery' ? '' : type);

/** The further keys of a fact that has all its marks. */
const markedKeysOf = ({ type, marks = {} }: Contract): string[] =>
  Object.keys(marks).map((mark) => markedKey(type, mark));

async function throughItsExchange(sender: Sender, contract: Contract, isTaken: boolean): Promise<void> {
  const { user, context } = sender;
  const [exchange, key] = [EXCHANGES.of(contract.kind), keyOf(contract)];
  const once = contract.kind === 'event' ? `${exchange} ${key}` : exchange;
  const marked = { headers: { CC: markedKeysOf(contract) } };
  const must = isTaken && contract.waitsIn === undefined && sender.isSenderOf(contract);
  await sender.send(contract, 'its exchange', { exchange, key, more: marked, once, must });
  const owner = `${context.prefix}${[...(sendersOf(contract.type) ?? [])].find((name) => name !== user.name) ?? 'nobody'}`;
  const own = factsOf(user.name)[0]?.type ?? SHARED_FACTS.find((fact) => sender.isSenderOf(fact))?.type;
  await sender.send(contract, 'its exchange, in the name of its sender', {
    exchange: own === undefined ? exchange : EXCHANGES.events,
    key: own ?? key,
    more: { userId: owner },
    once: `${exchange} as ${owner}`,
  });
  const nobody = { userId: undefined };
  await sender.send(contract, "its exchange, in nobody's name", { exchange, key, more: nobody, once });
  if (own !== undefined && !sender.isSenderOf(contract)) await underOwnKey(sender, contract, own);
}

/** @param key of a fact that the user may publish */
async function underOwnKey(sender: Sender, contract: Contract, key: string): Promise<void> {
  const exchange = EXCHANGES.events;
  await sender.send(contract, `${exchange}, under a key of its own`, { exchange, key, once: 'its own key' });
  const more = { headers: { CC: [contract.type, ...markedKeysOf(contract)] } };
  await sender.send(contract, `${exchange}, with a second key (CC)`, { exchange, key, more });
}

async function intoQueue(sender: Sender, contract: Contract, queue: string): Promise<void> {
  const service = serviceOf(queue);
  const { name } = sender.user;
  const { tierMs } = sender.context;
  if (service === name && sender.isSenderOf(contract)) return;
  const byDefault = { exchange: '', once: 'default' };
  const dead = { exchange: EXCHANGES.dead, key: queue, once: EXCHANGES.dead };
  const ways = {
    'the default exchange': { ...byDefault, key: queue },
    'the default exchange, into a tier': { ...byDefault, key: `${service}.retry.${tierMs}` },
    'a retry tier': { exchange: EXCHANGES.retryTier(tierMs), key: queue, once: `tier of ${queue}` },
    [EXCHANGES.operator]: { exchange: EXCHANGES.operator, key: queue, once: EXCHANGES.operator },
    'a dead letter, redriven by its service': { ...dead, more: BY_ITS_SERVICE },
    'a dead letter, redriven by an administrator': { ...dead, more: BY_AN_ADMINISTRATOR },
    'the default exchange, among the dead letters': { ...byDefault, key: `${queue}.dead`, more: BY_ITS_SERVICE },
  };
  for (const [way, route] of Object.entries(ways)) await sender.send(contract, way, route);
}

/** The queue of a timer gives its messages to any exchange that its user may write to, under any key. */
async function byTimer(sender: Sender, timers: Timers, contract: Contract, queues: readonly string[]): Promise<void> {
  const tier = EXCHANGES.retryTier(sender.context.tierMs);
  const exchanges = [EXCHANGES.of(contract.kind), ...OTHERS.slice(0, 4)];
  const ends = [
    ...exchanges.flatMap((exchange) =>
      [...markedKeysOf(contract), keyOf(contract)].map((key) => [exchange, key] as const),
    ),
    ...queues.flatMap((queue) =>
      ['', EXCHANGES.dead, EXCHANGES.home, EXCHANGES.operator, tier].map((exchange) => [exchange, queue] as const),
    ),
  ];
  for (const [exchange, key] of ends) {
    const way = `a timer that ends in ${exchange || 'the default exchange'}`;
    const { name, refusal } = await timers.queueTo(exchange, key);
    if (refusal !== undefined) sender.refused(contract, way, refusal);
    else await sender.send(contract, way, { exchange: '', key: name, more: BY_ITS_SERVICE, once: 'default' });
  }
}
