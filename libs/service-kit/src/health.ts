import { createServer, type Server, type ServerResponse } from 'node:http';
import { dependencies } from '@sluice/messaging';
import type { CommonConfig } from './environment.js';
import { metricsText, metricsType } from './metrics.js';

/** Something that a process needs; `missing` is the name that operators read while it is unavailable. */
export interface Check {
  missing: string;
  ok: () => boolean | Promise<boolean>;
}

/**
 * Maximum duration of a check; after it the check counts as failed, so that a probe always gets a response.
 * Milliseconds.
 */
const CHECK_TIMEOUT_MS = 2_000;

/**
 * Many times what probes, a scraper and a few people need. Each request may query the database, so more would take
 * connections from the work. A further connection is closed at once.
 */
const MAX_CONNECTIONS = 50;

/** Returns what this process needs and does not have; empty when it is ready. */
export async function whatIsMissing(checks: readonly Check[]): Promise<string[]> {
  const answers = await Promise.all(checks.map(async (check) => ((await holds(check)) ? [] : [check.missing])));
  return answers.flat();
}

async function holds({ ok }: Check): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<boolean>((resolve) => (timer = setTimeout(resolve, CHECK_TIMEOUT_MS, false)));
  try {
    return await Promise.race([ok(), timeout]);
  } catch {
    return false;
  } finally {
    clearTimeout(timer);
  }
}

/** Starts the health server of a process if HEALTH_PORT is set. @returns a function that closes it */
export async function serveHealth(
  { HEALTH_PORT, HOST }: CommonConfig,
  checks: readonly Check[],
): Promise<() => Promise<void>> {
  const server = HEALTH_PORT === undefined ? undefined : await startHealthServer(HEALTH_PORT, HOST, checks);
  return async () => void server?.close();
}

/**
 * `/healthz`: the process is alive. `/readyz`: 200 when all checks pass, otherwise 503 with what is missing. It also
 * lists the state of the dependencies, which does not affect the status: a failing provider stops only some of the
 * work, and a restart would not help. `/metrics`: for Prometheus.
 */
export async function startHealthServer(port: number, host: string, checks: readonly Check[]): Promise<Server> {
  const server = createServer((request, response) => {
    if (request.url === '/healthz') answer(response, 200, { status: 'alive' });
    else if (request.url === '/readyz') void whatIsMissing(checks).then((missing) => answerReady(response, missing));
    else if (request.url === '/metrics')
      void metricsText().then((text) =>
        response.writeHead(200, { 'content-type': metricsType, 'cache-control': 'no-store' }).end(text),
      );
    else answer(response, 404, { status: 'not found' });
  });
  server.maxConnections = MAX_CONNECTIONS;
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, host, resolve));
  return server;
}

const answerReady = (response: ServerResponse, missing: string[]): void =>
  missing.length === 0
    ? answer(response, 200, { status: 'ready', dependencies: dependencies.all() })
    : answer(response, 503, { status: 'not ready', missing, dependencies: dependencies.all() });

function answer(response: ServerResponse, status: number, body: object): void {
  response
    .writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' })
    .end(JSON.stringify(body));
}
