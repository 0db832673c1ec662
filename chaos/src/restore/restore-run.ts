import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { databaseOn } from '@sluice/audit/system';
import { queryRows } from '@sluice/stack/databases/query-rows';
import { Failure } from '@sluice/stack/failure';
import { freePort } from '@sluice/stack/ports';
import { startPostgres } from '@sluice/stack/postgres/postgres';
import { seconds } from '@sluice/stack/progress';
import { temporaryRun, type TemporaryRun } from '@sluice/stack/temporary-run';
import { until } from '@sluice/stack/until';
import { databaseServices } from '@sluice/stack/workspace';
import { createCatalog } from '../catalog.js';
import { Customers } from '../customers.js';
import { providerStateOf, shopStateOf } from '../database-state.js';
import { Ledger, type OrderEntry } from '../ledger.js';
import { Load } from '../load.js';
import { Random } from '../random.js';
import { RetryingShop } from '../retrying-shop.js';
import { settingsOf } from '../run-seed.js';
import { PROVIDER_URLS, startProviders, tokensOf } from '../system.js';
import { registerVerifiedCustomers } from '../verified-customers.js';
import { Commands } from './commands.js';
import { judgeRestore } from './judge-restore.js';

/** Some orders are still to be paid when the restored system is up again, and some no longer. */
const WINDOW_SECONDS = 40;
const LOAD = { perSecond: 8, atOnce: 150 };
/** Before the backup, in ms: orders in every state. */
const BEFORE_MS: Range = [6_000, 9_000];
/** From the freeze to the backup, in ms: facts of all kinds wait in the broker. */
const FROZEN_MS = 2_500;
/** From the backup to the end of the world, in ms: `ten minutes ago`, at the speed of this shop. */
const AFTER_MS: Range = [6_000, 10_000];
/** Two of them have not received what waits for them when the backup is taken. */
const LISTENERS = ['orders', 'inventory', 'payments', 'promotions', 'logistics', 'notifications', 'flash-sale'];
const SETTLES_WITHIN_S = 60;
const ENDS_WITHIN_MS = 120_000;

type Range = readonly [least: number, most: number];

/** Sweeps repeat requests soon, where a shop waits for minutes. */
const SETTINGS = {
  PAYMENT_WINDOW_SECONDS: String(WINDOW_SECONDS),
  ASK_AGAIN_SECONDS: '5',
  TEXT_OVERDUE_SECONDS: '5',
  TEXT_SWEEP_MS: '2000',
};

/**
 * Takes a backup under load, goes on, kills everything, and restores the databases beside an empty broker. Then the
 * audit must name what is in doubt, `npm run reannounce` put it right, and every order of the backup come to its end.
 * @throws Failure with what was wrong
 */
export const restoreRun = (seed: number, command: string): Promise<number> =>
  temporaryRun('restore', async (run) => {
    run.progress.line(`seed ${seed}: ${command}`);
    const scene = await Scene.open(run, seed);
    await scene.sellAndBackUp();
    await scene.loseEverything();
    await scene.restore();
    const wrong = await scene.judge();
    if (wrong.length > 0) throw new Failure(wrong.join('\n'), `To repeat it: ${command}`);
    run.progress.line(`✓ nothing lost, nothing doubled, after ${seconds(performance.now())}; to repeat it: ${command}`);
    return 0;
  });

class Scene {
  readonly #random: Random;
  readonly #ledger = new Ledger();
  readonly #shop: RetryingShop;
  readonly #customers: Customers;
  readonly #backup: string;
  #load: Load | undefined;

  private constructor(
    private readonly run: TemporaryRun,
    private readonly seed: number,
    private readonly commands: Commands,
    private readonly providers: Awaited<ReturnType<typeof startProviders>>,
    url: string,
  ) {
    this.#random = new Random(seed);
    this.#shop = new RetryingShop(url, this.#ledger);
    const tokenOf = (userId: string) => tokensOf(run.stateDirectory, 'customer')(userId);
    const windowMs = WINDOW_SECONDS * 1_000;
    this.#customers = new Customers({ shop: this.#shop, ledger: this.#ledger, tokenOf, windowMs });
    this.#backup = path.join(run.stateDirectory.dir, 'backup');
  }

  static async open(run: TemporaryRun, seed: number): Promise<Scene> {
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const providers = await startProviders(url, run, { refusesReusedKeys: true });
    const addresses = Object.fromEntries(PROVIDER_URLS.map((name) => [name, providers.url]));
    const settings = { ...settingsOf({}), ...SETTINGS, ...addresses, PORT: String(port) };
    const commands = new Commands(run.stateDirectory, settings);
    await run.progress.step('npm start', () => commands.start());
    return new Scene(run, seed, commands, providers, url);
  }

  async sellAndBackUp(): Promise<void> {
    const catalog = await createCatalog(this.#shop, {
      saleQuantity: 60,
      payWithinSeconds: WINDOW_SECONDS,
      baskets: true,
    });
    const customerIds = await registerVerifiedCustomers(this.#shop, this.providers);
    this.#load = new Load(this.#customers, { ...LOAD, seed: this.seed, catalog, customerIds });
    this.#load.start();
    await sleep(this.#random.between(...BEFORE_MS));
    const frozen = this.#random.shuffled(LISTENERS).slice(0, 2);
    for (const service of frozen) this.commands.signalService(service, 'SIGSTOP');
    await sleep(FROZEN_MS);
    await this.run.progress.step(`npm run backup, while ${frozen.join(' and ')} do not answer`, () =>
      this.commands.succeed('backup', this.#backup),
    );
    for (const service of frozen) this.commands.signalService(service, 'SIGCONT');
  }

  async loseEverything(): Promise<void> {
    await sleep(this.#random.between(...AFTER_MS));
    const { orders } = this.#ledger;
    await this.run.progress.step('kill -9 of everything', async (note) => {
      note(`${orders.filter(({ acceptedAt }) => acceptedAt).length} orders were accepted`);
      await this.commands.killAll();
      this.#shop.retryUntil = Date.now(); // nobody waits for an answer any more
      void this.#load?.stop();
    });
  }

  async restore(): Promise<void> {
    const { progress } = this.run;
    await progress.step('npm run restore', () => this.commands.succeed('restore', this.#backup, '--yes'));
    await progress.step('npm start', () => this.commands.start());
    this.#shop.retryUntil = Infinity;
    const { code, output } = await this.commands.run('audit');
    if (code === 0) throw new Failure('the audit found nothing in doubt after the restore', undefined, output);
    const named = output.split('\n').filter((line) => line.startsWith('✗'));
    progress.line(`  in doubt: ${named.map((line) => line.slice(2)).join(', ')}`);
    const [said] = await Promise.all([
      progress.step('npm run reannounce', () => this.commands.succeed('reannounce', '--refund')),
      this.#comeBack(),
    ]);
    for (const line of summaryOf(said)) progress.line(`  ${line}`);
  }

  /** People whose order the shop knows do again what the shop has forgotten: they pay, or cancel. */
  async #comeBack(): Promise<void> {
    const { orders } = await shopStateOf(await this.#databases());
    const entries = new Map(this.#ledger.orders.map((entry) => [entry.id, entry]));
    await this.run.progress.step('people come back', async (note) => {
      const known = orders.flatMap(({ id }) => entries.get(id) ?? []);
      note(`${known.length} orders are known`);
      await Promise.all(known.map((entry) => this.#again(entry)));
    });
  }

  async #again({ id = '', userId, intent }: OrderEntry): Promise<void> {
    const token = await tokensOf(this.run.stateDirectory, 'customer')(userId);
    if (intent.startsWith('pay'))
      await this.#repeat(async () => {
        const { status, body } = await this.#shop.getOrder(token, id);
        if (status !== 200 || body.status === 'pending') return undefined;
        if (body.status !== 'awaiting_payment') return true;
        return (await this.#shop.pay(token, id)).status === 200 || undefined;
      });
    if (intent.endsWith('cancel'))
      await this.#repeat(
        async () => [200, 202, 409].includes((await this.#shop.cancel(token, id)).status) || undefined,
      );
  }

  #repeat(attempt: () => Promise<true | undefined>): Promise<unknown> {
    return until(attempt, { withinMs: ENDS_WITHIN_MS, everyMs: 500 });
  }

  /** @returns what is wrong */
  async judge(): Promise<string[]> {
    const databases = await this.#databases();
    const { progress } = this.run;
    const open = `SELECT count(*)::int AS n FROM orders WHERE version > 0 AND placed_at IS NOT NULL
      AND status NOT IN ('completed', 'cancelled', 'rejected')`;
    const isOver = async (): Promise<boolean> =>
      (await queryRows<{ n: number }>(databases['orders'] ?? '', open))[0]?.n === 0;
    await progress.step('every order ends', () => until(isOver, { withinMs: ENDS_WITHIN_MS, everyMs: 500 }));
    const audit = await this.commands.run('audit', '--settle', String(SETTLES_WITHIN_S));
    const state = await shopStateOf(databases);
    const { captures } = await providerStateOf(databases);
    const findings = judgeRestore(this.providers.records, { ...state, captures });
    progress.line(`  orders: ${countedByStatus(state.orders)}`);
    return [
      ...findings.map(({ kind, what }) => `${kind}: ${what}`),
      ...(audit.code === 0 ? [] : [`the audit is not clean:\n${audit.output}`]),
    ];
  }

  async #databases(): Promise<Record<string, string>> {
    const { url } = await startPostgres(this.run.stateDirectory); // the running one is taken over
    return Object.fromEntries(databaseServices().map((service) => [service, databaseOn(url, service)]));
  }
}

/** What providers know and the databases did not, counted; and what was announced. */
const FINDINGS = {
  'charges became the payments of their orders': /^ {2}charge .* is the payment of its order$/,
  'charges went back': /^ {2}charge .* goes back$/,
  'parcels are at the carrier for no order': /^ {2}parcel .* no order here has it$/,
};

function summaryOf(said: string): string[] {
  const lines = said.split('\n');
  const counts = Object.entries(FINDINGS).map(
    ([what, pattern]) => `${lines.filter((line) => pattern.test(line)).length} ${what}`,
  );
  return [...lines.filter((line) => line.startsWith('✓')), counts.join(', ')];
}

function countedByStatus(orders: readonly { status: string }[]): string {
  const counts = new Map<string, number>();
  for (const { status } of orders) counts.set(status, (counts.get(status) ?? 0) + 1);
  return [...counts].map(([status, count]) => `${count} ${status}`).join(', ');
}
