/** Read by Stryker in a process of its own; the group to mutate comes from run.ts. */
const { files, report, temporary, concurrency, servers } = JSON.parse(process.env.MUTATION_GROUP);

export default {
  mutate: files,
  testRunner: 'vitest',
  plugins: ['@stryker-mutator/vitest-runner', './mutation/src/human-texts.mjs'],
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
  // Our tsconfig files refer to projects; nobody compiles in the sandbox.
  tsconfigFile: 'none.json',
  // A mutant is given up after so many times what its tests took without it, and ten seconds more. Servers are slow now and then.
  timeoutFactor: servers ? 4 : 1.5,
  timeoutMS: 10_000,
  dryRunTimeoutMinutes: 10,
  allowEmpty: true,
};
