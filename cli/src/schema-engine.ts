#!/usr/bin/env node
// Stands in for Prisma's native `schema-engine`: the Prisma CLI starts it (PRISMA_SCHEMA_ENGINE_BINARY) and calls it by
// JSON-RPC over stdin and stdout. The work is done by the same engine as WebAssembly.
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import type { OpenEngine } from '@sluice/stack/databases/schema-engine';
import { codeOf, messageOf } from '@sluice/stack/errors';

const TEXT = { type: 'string' } as const;
const { values, positionals } = parseArgs({
  allowPositionals: true,
  strict: false, // the CLI may pass options that mean nothing here
  options: {
    datamodels: { ...TEXT, multiple: true },
    datasource: TEXT,
    'enabled-preview-features': TEXT,
    'extension-types': TEXT,
  },
});

/** The WebAssembly engine: one method for each of JSON-RPC. */
type Engine = Record<string, (params: unknown) => Promise<{ stdout?: string } | undefined>>;

interface Request {
  id: number;
  method?: string;
  params: unknown;
}

if (process.argv.includes('--version')) printVersion();
else if (positionals[0] === 'cli') await runOnce(positionals[1]);
else serve();

function printVersion(): void {
  const entry = createRequire(import.meta.url).resolve('@prisma/schema-engine-wasm/schema_engine_bg');
  const { version } = createRequire(entry)('./package.json') as { version: string };
  console.log(`schema-engine-cli ${version.split('.').at(-1)}`);
}

/** `cli can-connect-to-database` and `cli create-database`: the exit code is the answer, the reason a log line. */
async function runOnce(command: string | undefined): Promise<void> {
  try {
    if (command === 'create-database')
      throw Object.assign(new Error('databases are made by npm run migrate'), { code: 'P1003' });
    const { close } = await open();
    await close();
    process.exit(0);
  } catch (error) {
    const message = messageOf(error);
    const code = codeOf(error) ?? (message.includes('does not exist') ? 'P1003' : 'P1001');
    const line = {
      timestamp: new Date().toISOString(),
      level: 'ERROR',
      fields: { message, error_code: code },
      target: 'schema_engine::logger',
    };
    process.stderr.write(`\n${JSON.stringify(line)}\n`);
    process.exit(1);
  }
}

async function open(): Promise<OpenEngine> {
  const { openEngine } = await import('@sluice/stack/databases/schema-engine');
  const files = (values.datamodels ?? []) as string[];
  const { url } = JSON.parse(values.datasource as string) as { url: string };
  const adminUrl = process.env['SHADOW_DATABASE_ADMIN_URL'];
  const datamodels = await Promise.all(
    files.map(async (file): Promise<[string, string]> => [file, await readFile(file, 'utf8')]),
  );
  return openEngine({ url, adminUrl, datamodels });
}

/** Handles one request after the other, as the native engine does. */
function serve(): void {
  let opened: Promise<OpenEngine> | undefined;
  let work = Promise.resolve();
  const lines = createInterface({ input: process.stdin, crlfDelay: Infinity });
  lines.on('line', (line) => {
    const request = JSON.parse(line) as Request;
    if (request.method === undefined) return; // the reply of the CLI to a "print" of ours
    work = work.then(() => reply(request, () => (opened ??= open())));
  });
  lines.on('close', () => {
    void work.then(async () => {
      await (await opened)?.close();
      process.exit(0); // the engine leaves a timer of 10 s behind
    });
  });
}

/** Methods that the WebAssembly build calls otherwise. */
const RENAMED = new Map([['getDatabaseVersion', 'version']]);

async function reply({ id, method = '', params }: Request, opened: () => Promise<OpenEngine>): Promise<void> {
  try {
    const engine = (await opened()).engine as unknown as Engine;
    const name = RENAMED.get(method) ?? method;
    if (!engine[name]) throw new Error(`the schema engine has no method ${name}`);
    const result = (await engine[name](params)) ?? {};
    if (method === 'diff' && result.stdout)
      send({ id: `print-${id}`, method: 'print', params: { content: result.stdout.trimEnd() } });
    send({ id, result });
  } catch (error) {
    const { meta = null } = error as { meta?: unknown };
    const data = { is_panic: false, message: messageOf(error), meta, error_code: codeOf(error) ?? null };
    send({ id, error: { code: 4466, message: 'An error happened. Check the data field for details.', data } });
  }
}

function send(message: object): void {
  process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
}
