import { ExpirePayment } from '@sluice/contracts';
import { applyUsers, ensureVhost, type Passwords } from './apply-users.js';
import { applyTopology, type Report } from './apply.js';
import { undeliverableLines } from './undeliverable.js';
import { SERVICES, WORK } from './map.js';
import { passwordsOf, settingsOf } from './settings.js';
import { switchQueue } from './switch.js';
import { topology, topologyOf } from './topology.js';
import { userOf, usersOf, type BrokerUser } from './users.js';

const USAGE = `npm run topology                                  apply the map
npm run topology -- --prune                       and remove what the map does not know any more
npm run topology -- switch <queue>                make a queue anew with the arguments of the map, and keep its messages
npm run topology -- listen <service> '<pattern>'  add the queue <service>.events, and its user, for a new listener`;

const print = (text: string): void => void process.stdout.write(`${text}\n`);

/** Reads AMQP_URL and, all optional, AMQP_MANAGEMENT_URL, AMQP_PASSWORDS (with the two: users are made), RETRY_TIERS_MS, OUTSIDE_TIERS_MS, FLASH_SALE_QUEUE_LIMIT, REPLICATED_QUEUES and PAYMENT_WINDOW_SECONDS. */
async function main([verb, ...rest]: readonly string[], env: NodeJS.ProcessEnv): Promise<void> {
  const url = env['AMQP_URL'];
  if (!url)
    throw new Error('AMQP_URL is not set: say which broker, for example AMQP_URL=amqp://user:password@host:5672');
  if (verb === undefined || verb === '--prune') return apply(url, env, verb === '--prune');
  const [service, pattern] = rest;
  if (verb === 'switch' && service && !pattern) return makeAnew(url, env, service);
  if (verb === 'listen' && service && pattern) return listen(url, env, { service, pattern });
  throw new Error(`unknown arguments\n${USAGE}`);
}

async function apply(url: string, env: NodeJS.ProcessEnv, prune: boolean): Promise<void> {
  const managementUrl = env['AMQP_MANAGEMENT_URL'];
  if (prune && !managementUrl)
    throw new Error(
      '--prune has to list what is there: set AMQP_MANAGEMENT_URL, for example http://user:password@host:15672',
    );
  const map = topology(settingsOf(env));
  const timersInUse = [paymentWindow(env['PAYMENT_WINDOW_SECONDS'])];
  const admin = administratorOf(env);
  const vhost = admin ? await ensureVhost(admin.managementUrl, url) : [];
  const report = await applyTopology(url, map, { prune, timersInUse, ...(managementUrl && { managementUrl }) });
  const users = admin && (await applyUsers(admin.managementUrl, url, usersOf(WORK), admin.passwords));
  print(
    describe(
      { ...report, created: report.created && [...vhost, ...report.created, ...(users?.created ?? [])] },
      users?.corrected,
    ),
  );
  if (!users) print(ONE_FOR_ALL);
}

const ONE_FOR_ALL =
  'no users are made (that takes AMQP_MANAGEMENT_URL of an administrator, and AMQP_PASSWORDS): every service uses AMQP_URL itself';

function administratorOf(env: NodeJS.ProcessEnv): { managementUrl: string; passwords: Passwords } | undefined {
  const [managementUrl, passwords] = [env['AMQP_MANAGEMENT_URL'], passwordsOf(env)];
  return managementUrl && passwords ? { managementUrl, passwords } : undefined;
}

/** For good, the line belongs on the map. */
async function listen(
  url: string,
  env: NodeJS.ProcessEnv,
  { service, pattern }: { service: string; pattern: string },
): Promise<void> {
  await applyTopology(url, topologyOf(service, { events: [pattern] }, settingsOf(env)));
  const admin = administratorOf(env);
  if (admin) await applyUsers(admin.managementUrl, url, [listener(service, pattern)], admin.passwords);
  print(
    `${service}.events hears ${pattern}. To keep it, add to topology/src/map.ts:\n  '${service}': { events: ['${pattern}'] },`,
  );
}

/** Its service must not run: what consumers hold would be lost with the queue. */
async function makeAnew(url: string, env: NodeJS.ProcessEnv, queue: string): Promise<void> {
  const { moved } = await switchQueue(url, topology(settingsOf(env)), queue);
  print(`${queue} is made anew, with ${moved} messages; start its service again, then "npm run topology"`);
}

/** With what it may do already, if it is on the map. */
const listener = (service: string, pattern: string): BrokerUser =>
  userOf(service, { ...WORK, services: { [service]: { ...SERVICES[service], events: [pattern] } } });

/** The queue of the window that orders is set to; its own default when the setting is absent. */
const paymentWindow = (seconds = '1800'): string => `${ExpirePayment.waitsIn}.${Number(seconds) * 1_000}`;

function describe(
  { created, stale, dry, pruned, kept, undeliverable }: Report,
  corrected: readonly string[] = [],
): string {
  const lines = [
    ...(created ?? []).map((what) => `created ${what}`),
    ...corrected.map((what) => `put right: ${what}`),
    ...pruned.map((what) => `removed ${what}`),
    ...dry.map((what) => `run dry, and no setting fills it: ${what} (npm run topology -- --prune removes it)`),
    ...stale.map((what) => `not on the map: ${what}${what in kept ? `, kept: ${kept[what]}` : ''}`),
    ...undeliverableLines(undeliverable),
  ];
  if (!created) lines.push('the topology is applied (without AMQP_MANAGEMENT_URL it cannot be listed what changed)');
  return lines.length > 0 ? lines.join('\n') : 'the topology is up to date';
}

main(process.argv.slice(2), process.env).catch((error: unknown) => {
  const first = error instanceof AggregateError ? (error.errors[0] as unknown) : error;
  process.stderr.write(`topology: ${first instanceof Error ? first.message : String(first)}\n`);
  process.exitCode = 1;
});
