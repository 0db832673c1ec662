// @ts-nocheck
/* global WebAssembly */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { bindMigrationAwareSqlAdapterFactory } from '@prisma/driver-adapter-utils';
import { MigrationAdapter } from './migration-adapter.js';

/**
 * Prisma's own schema engine as WebAssembly, the same build as in the Prisma CLI that package.json pins: the same
 * `_prisma_migrations` table, the same checksums, and nothing to download.
 */
const MODULE = '@prisma/schema-engine-wasm/schema_engine_bg';

/** Where the engine reports a panic. */
globalThis.PRISMA_WASM_PANIC_REGISTRY ??= {
  message: '',
  get() {
    return this.message;
  },
  set_message(message) {
    this.message = message;
  },
};

let loading;
const load = () => (loading ??= instantiate());

async function instantiate() {
  const glue = await import('@prisma/schema-engine-wasm/schema_engine_bg');
  const file = path.join(path.dirname(createRequire(import.meta.url).resolve(MODULE)), 'schema_engine_bg.wasm');
  const { instance } = await WebAssembly.instantiate(await readFile(file), { './schema_engine_bg.js': glue });
  glue.__wbg_set_wasm(instance.exports);
  instance.exports.__wbindgen_start();
  return glue;
}

/**
 * @param {{ url: string, adminUrl?: string, datamodels?: [path: string, content: string][] }} options
 * @returns {Promise<{ engine: any, close(): Promise<void> }>}
 */
export async function openEngine({ url, adminUrl, datamodels = [] }) {
  const adapter = new MigrationAdapter(url, adminUrl);
  const { SchemaEngine } = await load();
  const settings = { datamodels: datamodels.length > 0 ? datamodels : undefined };
  const engine = await SchemaEngine.new(settings, () => {}, bindMigrationAwareSqlAdapterFactory(adapter));
  return {
    engine,
    async close() {
      engine.free();
      await adapter.disposeAll();
    },
  };
}
