#!/usr/bin/env node
// @ts-nocheck
// Stands in for Prisma's native `schema-engine`: the Prisma CLI starts it (PRISMA_SCHEMA_ENGINE_BINARY) and speaks
// JSON-RPC to it over stdin and stdout. The work is done by the same engine as WebAssembly.
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';

const TEXT = { type: /** @type {const} */ 'string' };
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
const url = values.datasource ? JSON.parse(values.datasource).url : undefined;

if (process.argv.includes('--version')) version();
else if (positionals[0] === 'cli') await answerOnce(positionals[1]);
else serve();

function version() {
  const entry = createRequire(import.meta.url).resolve('@prisma/schema-engine-wasm/schema_engine_bg');
  const { version: full } = createRequire(entry)('./package.json');
  console.log(`schema-engine-cli ${full.split('.').at(-1)}`);
}

/** `cli can-connect-to-database` and `cli create-database`: the exit code is the answer, the reason a log line. */
async function answerOnce(command) {
  try {
    if (command === 'create-database')
      throw Object.assign(new Error('databases are made by npm run migrate'), { code: 'P1003' });
    const { close } = await open();
    await close();
    process.exit(0);
  } catch (error) {
    const code = error.code ?? (/does not exist/.test(error.message) ? 'P1003' : 'P1001');
    const line = {
      timestamp: new Date().toISOString(),
      level: 'ERROR',
      fields: { message: error.message, error_code: code },
      target: 'schema_engine::logger',
    };
    process.stderr.write(`\n${JSON.stringify(line)}\n`);
    process.exit(1);
  }
}

async function open() {
  const { openEngine } = await import('@sluice/stack/databases/schema-engine');
  const files = /** @type {string[]} */ values.datamodels ?? [];
  return openEngine({
    url,
    adminUrl: process.env.SHADOW_DATABASE_ADMIN_URL,
    datamodels: await Promise.all(files.map(async (file) => [file, await readFile(file, 'utf8')])),
  });
}

/** One request after the other, as the native engine does. */
function serve() {
  let opened;
  let work = Promise.resolve();
  const lines = createInterface({ input: process.stdin, crlfDelay: Infinity });
  lines.on('line', (line) => {
    const request = JSON.parse(line);
    if (request.method) work = work.then(() => answer(request, () => (opened ??= open()))); // else: the CLI answers our own "print"
  });
  lines.on('close', () =>
    work.then(async () => {
      await (await opened)?.close();
      process.exit(0); // the engine leaves a timer of 10 s behind
    }),
  );
}

/** Methods that the WebAssembly build calls otherwise. */
const RENAMED = { getDatabaseVersion: 'version' };

async function answer({ id, method, params }, opened) {
  try {
    const { engine } = await opened();
    const result = (await engine[RENAMED[method] ?? method](params)) ?? {};
    if (method === 'diff' && result.stdout)
      send({ id: `print-${id}`, method: 'print', params: { content: result.stdout.trimEnd() } });
    send({ id, result });
  } catch (error) {
    const data = { is_panic: false, message: error.message, meta: error.meta ?? null, error_code: error.code ?? null };
    send({ id, error: { code: 4466, message: 'An error happened. Check the data field for details.', data } });
  }
}

function send(message) {
  process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
}
