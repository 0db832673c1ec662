import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { bindMigrationAwareSqlAdapterFactory } from '@prisma/driver-adapter-utils';
import type { SchemaEngine } from '@prisma/schema-engine-wasm/schema_engine_bg';
import { MigrationAdapter } from './migration-adapter.js';

/** Prisma's own schema engine as WebAssembly, the build of the pinned CLI: same tables, same checksums, no download. */
const MODULE = '@prisma/schema-engine-wasm/schema_engine_bg';

/** Of the module, what its type declarations leave out. */
interface Glue {
  SchemaEngine: {
    new: (settings: object, onLog: (line: string) => void, adapter: object) => Promise<SchemaEngine>;
  };
  __wbg_set_wasm(exports: object): void;
}

/** Node.js has it; @types/node does not. */
declare const WebAssembly: {
  instantiate(bytes: Uint8Array, imports: object): Promise<{ instance: { exports: { __wbindgen_start(): void } } }>;
};

/** Where the engine reports a panic. */
const panics = {
  message: '',
  get(): string {
    return this.message;
  },
  set_message(message: string): void {
    this.message = message;
  },
};

let loading: Promise<Glue> | undefined;
const load = (): Promise<Glue> => (loading ??= instantiate());

async function instantiate(): Promise<Glue> {
  Object.assign(globalThis, { PRISMA_WASM_PANIC_REGISTRY: panics });
  const glue = (await import(MODULE)) as Glue;
  const file = path.join(path.dirname(createRequire(import.meta.url).resolve(MODULE)), 'schema_engine_bg.wasm');
  const { instance } = await WebAssembly.instantiate(await readFile(file), { './schema_engine_bg.js': glue });
  glue.__wbg_set_wasm(instance.exports);
  instance.exports.__wbindgen_start();
  return glue;
}

export interface EngineOptions {
  url: string;
  /** Of a user who may create databases; the same as `url` when absent. */
  adminUrl?: string | undefined;
  datamodels?: [path: string, content: string][];
}

export interface OpenEngine {
  engine: SchemaEngine;
  close(): Promise<void>;
}

export async function openEngine({ url, adminUrl, datamodels = [] }: EngineOptions): Promise<OpenEngine> {
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
