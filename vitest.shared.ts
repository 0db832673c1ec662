import path from 'node:path';
import { defaultServerConditions } from 'vite';
import { defineProject, type UserWorkspaceConfig } from 'vitest/config';

/** One project's test configuration: tests run on library sources (a custom export condition), never on dist. */
export function project(root: string, test: UserWorkspaceConfig['test'] = {}): UserWorkspaceConfig {
  return defineProject({
    root,
    cacheDir: path.join(root, 'node_modules/.vite'),
    // Nest needs the decorator metadata that esbuild-like transforms drop; spec files are outside tsconfig.json, so say it here.
    oxc: { decorator: { legacy: true, emitDecoratorMetadata: true } },
    // As Node resolves: it knows no condition `module`, under which some packages keep what only bundlers can load.
    ssr: {
      resolve: {
        conditions: ['@sluice/source', ...defaultServerConditions.filter((condition) => condition !== 'module')],
      },
    },
    test: {
      name: path.relative(import.meta.dirname, root),
      include: ['src/**/*.spec.ts'],
      environment: 'node',
      // Files share what they have imported, which halves the time for imports; each brings its own vhost, databases and processes.
      isolate: false,
      setupFiles: [path.join(import.meta.dirname, 'testing/src/zero-metrics.ts')],
      testTimeout: 30_000,
      hookTimeout: 60_000,
      ...test,
    },
  });
}
