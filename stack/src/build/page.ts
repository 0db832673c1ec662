import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { run } from '../run.js';
import { inRoot, root } from '../workspace.js';
import { builtCode } from './built-code.js';

const PAGE = inRoot('apps/web');
const DOCUMENT = path.join(PAGE, 'src/generated/openapi.json');
const TYPES = path.join(PAGE, 'src/generated/api.d.ts');
/** In the folder that the bundler empties first, so that a build that was cut short leaves none. */
const STAMP = path.join(PAGE, 'dist/built-from.json');

/** What the page was built from: digests. */
interface Stamp {
  gateway: string;
  page: string;
}

/** Builds the page if its sources or the API have changed. The gateway is compiled: its routes give the page's types. */
export async function buildPage(): Promise<void> {
  const gateway = builtCode(['gateway'])['gateway']!;
  const built = existsSync(STAMP) ? (JSON.parse(readFileSync(STAMP, 'utf8')) as Stamp) : undefined;
  if (built?.gateway !== gateway || !existsSync(TYPES)) await generateTypes();
  const page = digestOf([DOCUMENT, inRoot('package-lock.json'), ...sources()]);
  if (built?.page !== page) await Promise.all([checkTypes(), bundle()]);
  writeFileSync(STAMP, JSON.stringify({ gateway, page }));
}

/** Writes the API's document without a server, and from it the types that the page calls the API by. */
async function generateTypes(): Promise<void> {
  mkdirSync(path.dirname(DOCUMENT), { recursive: true });
  await node(['apps/gateway/dist/openapi/write-document.js', DOCUMENT], 'the API document', 'Mend apps/gateway');
  const generator = 'node_modules/openapi-typescript/bin/cli.js';
  await node([generator, DOCUMENT, '-o', TYPES], 'the types of the API', 'Mend apps/gateway/src/openapi');
}

const checkTypes = (): Promise<unknown> =>
  node(
    ['node_modules/typescript7/bin/tsc', '-p', 'apps/web', '--pretty', 'false'],
    'the page',
    'Mend what the compiler says above.',
  );

const bundle = (): Promise<unknown> =>
  node(['node_modules/vite/bin/vite.js', 'build', 'apps/web'], 'the bundle of the page', 'Mend what vite says above.');

const node = (args: string[], label: string, fix: string): Promise<string> =>
  run(process.execPath, args, { cwd: root, label, fix });

function digestOf(files: string[]): string {
  const hash = createHash('sha256');
  for (const file of files) hash.update(path.relative(PAGE, file)).update(readFileSync(file));
  return hash.digest('hex');
}

/** Specs too, because their types are checked with the others. */
const sources = (): string[] =>
  readdirSync(PAGE, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => path.join(parentPath, name))
    .filter((file) => !/^(?:dist|node_modules|src\/generated)\//.test(path.relative(PAGE, file)))
    .sort();
