import type { PartialStrykerOptions } from '@stryker-mutator/api/core';
import { groupFromEnvironment } from './group-environment.js';

/** Read by Stryker in a process of its own, compiled. */
const { files, report, temporary, concurrency, servers } = groupFromEnvironment();

const config: PartialStrykerOptions = {
  mutate: files,
  testRunner: 'vitest',
  plugins: ['@stryker-mutator/vitest-runner', './mutation/dist/human-texts.js'],
  ignorers: ['human-texts'],
  vitest: { configFile: 'mutation/src/vitest.config.ts', related: false },
  // A mutant runs only against the tests that reach it; one that runs once while a module loads, against all.
  coverageAnalysis: 'perTest',
  concurrency,
  reporters: ['json', 'progress-append-only'],
  jsonReporter: { fileName: report },
  tempDirName: temporary,
  cleanTempDir: 'always',
  ignorePatterns: ['.*', 'dist', 'docs', '*.tsbuildinfo'],
  // Our tsconfig files refer to projects; nothing is compiled in the sandbox.
  tsconfigFile: 'none.json',
  // A mutant is given up after so many times what its tests took without it, and ten seconds more. Servers are slow now
  // and then.
  timeoutFactor: servers ? 4 : 1.5,
  timeoutMS: 10_000,
  dryRunTimeoutMinutes: 10,
  allowEmpty: true,
};

export default config;
