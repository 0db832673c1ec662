import { runAudit } from '@sluice/audit/run';
import { systemOf } from '@sluice/audit/system';
import { Failure } from '@sluice/stack/failure';
import { seconds } from '@sluice/stack/progress';
import { StateDirectory } from '@sluice/stack/state-directory';
import { commandOf, type Options } from './arguments.js';
import { Callers, callOver } from './callers.js';
import { CheckedClient } from './checked-client.js';
import { HttpClient } from './http-client.js';
import { isSwitch, operationsOf, type OpenApi } from './operations.js';
import { stockProducts } from './products.js';
import { exceedLimits } from './rate-limits.js';
import { faultLines, Report, tableOf } from './report.js';
import { RequestGenerator } from './request-generator.js';
import { KnownResources } from './resources.js';
import { runRounds } from './rounds.js';
import type { Shop } from './shop.js';
import { withPrivateSystem, type System } from './system.js';
import { TableChecksums } from './table-checksums.js';

const SETTLES_WITHIN_MS = 120_000;

type PrintLine = (line: string) => void;

/**
 * Fuzzes the gateway that the options name, else a system of its own.
 * @returns the exit code
 * @throws {Failure} when there were faults
 */
export async function fuzz(options: Options, printLine: PrintLine = console.log): Promise<number> {
  printLine(`seed ${options.seed}: ${commandOf(options)}`);
  const { base } = options;
  if (base === undefined) return withPrivateSystem((system) => fuzzSystem(options, system, printLine));
  // Of a system that runs already, the servers are known when the environment names them.
  const servers = process.env['AMQP_URL'] ? await systemOf(new StateDirectory(), process.env) : undefined;
  return fuzzSystem(options, { base, servers }, printLine);
}

async function fuzzSystem(options: Options, system: System, printLine: PrintLine): Promise<number> {
  const begun = performance.now();
  const http = new HttpClient(system.base);
  const document = await documentOf(http);
  const callers = await Callers.signIn(callOver(http));
  const call = callOver(http, callers);
  const operations = operationsOf(document).filter((one) => options.base === undefined || !isSwitch(one));
  const shop: Shop = { document, operations, resources: new KnownResources(), callers };
  await stockProducts(call, shop.resources);
  const generator = new RequestGenerator(options.seed, shop);
  const client = new CheckedClient(http, shop, new Report(shop.operations), options.seed);
  const checksums = system.servers && (await TableChecksums.open(system.servers));
  const look = checksums && (() => checksums.whenQuiet());
  const until = options.seconds === undefined ? Infinity : Date.now() + options.seconds * 1_000;
  try {
    await runRounds({ client, generator, call, look }, { requests: options.requests, until }, printLine);
    const broken = await limitFaults(system, client, generator);
    for (const line of ['', ...tableOf(client.report), '', ...faultLines(client.report)]) printLine(line);
    return verdict(client.report, [...broken, ...(await auditFaults(system))], begun, options, printLine);
  } finally {
    http.close();
    await checksums?.close();
  }
}

/** @throws {Failure} */
async function documentOf(http: HttpClient): Promise<OpenApi> {
  const { status, error, json } = await http.send({ method: 'GET', target: '/openapi.json', headers: {} });
  if (status === 200) return json as OpenApi;
  throw new Failure(`no document: GET /openapi.json answered ${status || error}`, 'Is a gateway there?');
}

async function limitFaults(
  { limitedGateway }: System,
  client: CheckedClient,
  generator: RequestGenerator,
): Promise<string[]> {
  if (!limitedGateway) return [];
  const http = new HttpClient(await limitedGateway());
  const limited = await exceedLimits(client.over(http), generator);
  http.close();
  return limited === 0 ? ['a gateway with limits turned nobody away'] : [];
}

/** A system that others use as well is not audited: it need not come to rest. */
async function auditFaults({ servers, limitedGateway }: System): Promise<string[]> {
  const code = limitedGateway && servers ? await runAudit(servers, SETTLES_WITHIN_MS) : 0;
  return code === 0 ? [] : ['the audit is not clean'];
}

function verdict(report: Report, more: string[], begun: number, options: Options, printLine: PrintLine): number {
  const wrong = [
    ...(report.faults.length > 0 ? [`${report.faults.length} faults`] : []),
    ...report.unreached.map(({ key, lacks }) => `${key}: no ${lacks}`),
    ...more,
  ];
  const took = seconds(performance.now() - begun);
  const done = `${report.total.toLocaleString('en')} requests of ${report.entries.length} operations after ${took}`;
  if (wrong.length > 0) throw new Failure(`${done}: ${wrong.join('; ')}`, `To repeat it: ${commandOf(options)}`);
  printLine(`✓ ${done}, no faults; to repeat it: ${commandOf(options)}`);
  return 0;
}
