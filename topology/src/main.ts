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
npm run topology -- --prune                       and remove what is not on the map
npm run topology -- switch <queue>                recreate a queue with the arguments of the map, keeping its messages
npm run topology -- listen <service> '<pattern>'  add the queue <service>.events, and its user, for a new listener`;

const print = (text: string): void => void process.stdout.write(`${text}\n`);

/**
 * Runs a command. Reads AMQP_URL and, all optional, AMQP_MANAGEMENT_URL, AMQP_PASSWORDS (with both, users are
 * created), RETRY_TIERS_MS, OUTSIDE_TIERS_MS, FLASH_SALE_QUEUE_LIMIT, REPLICATED_QUEUES and PAYMENT_WINDOW_SECONDS.
 */
async function main([verb, ...rest]: readonly string[], env: NodeJS.ProcessEnv): Promise<void> {
  const url = env['AMQP_URL'];
  if (!url)
    throw new Error('AMQP_URL is not set: name the broker, for example AMQP_URL=amqp://user:password@host:5672');
  if (verb === undefined || verb === '--prune') return apply(url, env, verb === '--prune');
  const [service, pattern] = rest;
  if (verb === 'switch' && service && !pattern) return recreate(url, env, service);
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
  const timersInUse = [paymentWindow(env['PAYMENT_WINDOW_SECONDS'] || undefined)];
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
  if (!users) print(SHARED_USER);
}

const SHARED_USER =
  'no users are made (that takes AMQP_MANAGEMENT_URL of an administrator, and AMQP_PASSWORDS): ' +
  'every service uses AMQP_URL itself';

function administratorOf(env: NodeJS.ProcessEnv): { managementUrl: string; passwords: Passwords } | undefined {
  const [managementUrl, passwords] = [env['AMQP_MANAGEMENT_URL'], passwordsOf(env)];
  return managementUrl && passwords ? { managementUrl, passwords } : undefined;
}

/** Adds a consumer for a trial; to keep it, add the printed line to the map. */
async function listen(
  url: string,
  env: NodeJS.ProcessEnv,
  { service, pattern }: { service: string; pattern: string },
): Promise<void> {
  await applyTopology(url, topologyOf(service, { events: [pattern] }, settingsOf(env)));
  const admin = administratorOf(env);
  if (admin) await applyUsers(admin.managementUrl, url, [listener(service, pattern)], admin.passwords);
  print(
    `${service}.events receives ${pattern}. To keep it, add to topology/src/map.ts:\n` +
      `  '${service}': { events: ['${pattern}'] },`,
  );
}

/** Recreates a queue. Its service must not run: messages held by its consumers would be lost with the queue. */
async function recreate(url: string, env: NodeJS.ProcessEnv, queue: string): Promise<void> {
  const { moved } = await switchQueue(url, topology(settingsOf(env)), queue);
  print(`${queue} is recreated, with ${moved} messages; start its service again, then "npm run topology"`);
}

/** The user of the new consumer, with its existing permissions if it is on the map. */
const listener = (service: string, pattern: string): BrokerUser =>
  userOf(service, { ...WORK, services: { [service]: { ...SERVICES[service], events: [pattern] } } });

/** Timer queue of the payment window that orders is set to; default: that of orders. */
const paymentWindow = (seconds = '1800'): string => `${ExpirePayment.waitsIn}.${Number(seconds) * 1_000}`;

function describe(
  { created, stale, dry, pruned, kept, undeliverable }: Report,
  corrected: readonly string[] = [],
): string {
  const lines = [
    ...(created ?? []).map((what) => `created ${what}`),
    ...corrected.map((what) => `put right: ${what}`),
    ...pruned.map((what) => `removed ${what}`),
    ...dry.map((what) => `empty timer queue that no setting uses: ${what} (npm run topology -- --prune removes it)`),
    ...stale.map((what) => `not on the map: ${what}${what in kept ? `, kept: ${kept[what]}` : ''}`),
    ...undeliverableLines(undeliverable),
  ];
  if (!created) lines.push('the topology is applied (without AMQP_MANAGEMENT_URL the changes cannot be listed)');
  return lines.length > 0 ? lines.join('\n') : 'the topology is up to date';
}

main(process.argv.slice(2), process.env).catch((error: unknown) => {
  const first = error instanceof AggregateError ? (error.errors[0] as unknown) : error;
  process.stderr.write(`topology: ${first instanceof Error ? first.message : String(first)}\n`);
  process.exitCode = 1;
});
