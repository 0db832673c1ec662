import { existsSync, readdirSync } from 'node:fs';
import js from '@eslint/js';
import nx from '@nx/eslint-plugin';
import importX, { createNodeResolver } from 'eslint-plugin-import-x';
import tseslint from 'typescript-eslint';

const libs = ['type:contracts', 'type:messaging', 'type:persistence', 'type:service-kit', 'type:http-kit'];
/** Each is a project that nothing else may import. */
const apps = ['apps', 'examples'].flatMap((folder) =>
  readdirSync(new URL(folder, import.meta.url)).filter((name) =>
    existsSync(new URL(`${folder}/${name}/package.json`, import.meta.url)),
  ),
);

/** The dependency rules of the house (docs/decisions/0001): what a kind of project may import. */
const layers = {
  'type:contracts': [],
  'type:topology': ['type:contracts'],
  'type:messaging': ['type:contracts'],
  'type:persistence': ['type:contracts', 'type:messaging'],
  'type:service-kit': ['type:contracts', 'type:messaging', 'type:persistence'],
  'type:http-kit': ['type:contracts', 'type:messaging', 'type:service-kit'],
  'type:stack': ['type:contracts', 'type:topology'],
  'type:testing': ['type:contracts', 'type:topology', 'type:stack'],
  'type:audit': ['type:contracts', 'type:messaging', 'type:topology', 'type:stack'],
  'type:chaos': ['type:contracts', 'type:messaging', 'type:topology', 'type:stack', 'type:audit'],
  'type:fuzz': ['type:stack', 'type:audit', 'type:chaos'],
  'type:rights': [...libs, 'type:topology', 'type:stack'],
  'type:mutation': ['type:stack'],
  'type:cli': [
    ...['type:contracts', 'type:messaging', 'type:topology', 'type:stack', 'type:audit', 'type:chaos', 'type:fuzz'],
    ...['type:rights', 'type:mutation'],
  ],
  'type:app': libs,
  'type:e2e': ['type:contracts', 'type:stack', 'type:testing'],
  'type:bench': [...libs, 'type:stack', 'type:testing'],
};

/** Imports lead to sources: `./file.js` to `file.ts`, and `@sluice/...` to the package's src. */
const sourceResolver = createNodeResolver({
  extensions: ['.ts', '.tsx', '.js'],
  extensionAlias: { '.js': ['.ts', '.tsx', '.js'] },
  conditionNames: ['@sluice/source', 'import', 'node', 'default'],
});

const boundaries = (extra) => [
  'error',
  {
    enforceBuildableLibDependency: true,
    allow: [],
    depConstraints: [
      ...Object.entries(layers).map(([sourceTag, allowed]) => ({
        sourceTag,
        onlyDependOnLibsWithTags: [sourceTag, ...allowed, ...extra],
      })),
      ...apps.map((app) => ({ sourceTag: `scope:${app}`, onlyDependOnLibsWithTags: [`scope:${app}`, 'scope:shared'] })),
    ],
  },
];

const KIT_ONLY =
  'The libraries know no shop: take it from @sluice/contracts/kit, or let the system declare it (docs/decisions/0033).';

export default tseslint.config(
  { ignores: ['**/dist/**', '**/generated/**', '**/node_modules/**', '.nx/**', '.sluice/**'] },
  js.configs.recommended,
  ...tseslint.configs.recommended,
  {
    files: ['**/*.{ts,tsx}'],
    languageOptions: { parserOptions: { project: ['tsconfig.json'], tsconfigRootDir: import.meta.dirname } },
    plugins: { 'import-x': importX },
    settings: {
      'import-x/resolver-next': [sourceResolver],
      'import-x/parsers': { '@typescript-eslint/parser': ['.ts', '.tsx'] },
      'import-x/extensions': ['.ts', '.tsx'],
    },
    rules: {
      'max-lines': ['error', 350],
      // Nx forbids circles of projects, this rule circles of files. Imports of types alone are not checked here:
      // `npm run style` counts them.
      'import-x/no-cycle': 'error',
      // Every promise here is a message, or a step of one.
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
    },
  },

  {
    // Packages of their own, with a project that the others do not compile: they may not be installed.
    files: ['bench/peers/**/*.ts'],
    languageOptions: { parserOptions: { project: ['bench/peers/tsconfig.json'] } },
  },
  {
    // Compiled for a browser, by a project of its own.
    files: ['apps/web/**/*.{ts,tsx}'],
    languageOptions: { parserOptions: { project: ['apps/web/tsconfig.json'] } },
  },
  {
    files: ['**/*.spec.ts'],
    rules: { 'max-lines': ['error', 460] },
  },
  {
    // A dictionary is as long as its texts.
    files: ['apps/web/src/i18n/{en,zh}.ts'],
    rules: { 'max-lines': 'off' },
  },
  {
    files: ['**/src/**/*.{ts,tsx}'],
    ignores: ['**/*.spec.ts'],
    plugins: { '@nx': nx },
    rules: { '@nx/enforce-module-boundaries': boundaries([]) },
  },
  {
    files: ['**/src/**/*.spec.ts'],
    plugins: { '@nx': nx },
    rules: { '@nx/enforce-module-boundaries': boundaries(['type:testing']) },
  },
  {
    files: ['libs/{messaging,persistence,service-kit,http-kit}/src/**/*.ts', 'examples/take-the-libraries/src/**/*.ts'],
    // Tests take messages of the shop as examples.
    ignores: ['**/*.spec.ts', '**/testing/**'],
    rules: { 'no-restricted-imports': ['error', { paths: [{ name: '@sluice/contracts', message: KIT_ONLY }] }] },
  },
  {
    files: ['**/src/**/*.ts'],
    // Tests may write down what other programs see, and the peers of the benchmarks are other programs.
    ignores: ['**/*.spec.ts', '**/*.shared.ts', 'libs/contracts/src/**', 'bench/peers/**'],
    rules: {
      'no-restricted-syntax': [
        'error',
        ...['Literal[value=/^shop[.]/]', 'TemplateElement[value.raw=/^shop[.]/]'].map((selector) => ({
          selector,
          message: 'Exchange names are written once: take them from EXCHANGES of @sluice/contracts.',
        })),
      ],
    },
  },
  {
    files: ['libs/contracts/src/kit/**/*.ts'],
    ignores: ['**/*.spec.ts'],
    rules: { 'no-restricted-imports': ['error', { patterns: [{ group: ['../*'], message: KIT_ONLY }] }] },
  },
  {
    // They hold programs against files of other projects.
    files: ['{stack,cli}/src/**/*.spec.ts', 'cli/src/repository/testing/*.ts', 'mutation/src/*.ts'],
    rules: { '@nx/enforce-module-boundaries': 'off' },
  },
  {
    // k6 gives its scripts little: neither Node's nor the browser's globals.
    files: ['load/*.js', 'load/lib/*.js'],
    languageOptions: {
      globals: { __ENV: 'readonly', __VU: 'readonly', __ITER: 'readonly', open: 'readonly', console: 'readonly' },
    },
  },
  {
    files: ['**/*.mjs'],
    languageOptions: {
      globals: {
        process: 'readonly',
        console: 'readonly',
        URL: 'readonly',
        fetch: 'readonly',
        setTimeout: 'readonly',
        clearTimeout: 'readonly',
        setInterval: 'readonly',
        clearInterval: 'readonly',
        performance: 'readonly',
        Buffer: 'readonly',
        AbortSignal: 'readonly',
        AbortController: 'readonly',
      },
    },
  },
);
