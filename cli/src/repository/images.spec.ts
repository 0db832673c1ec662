import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { allServices, inRoot } from '@sluice/stack/workspace';

const ignoreLines = readFileSync(inRoot('.dockerignore'), 'utf8').split('\n').filter(Boolean);
const { references } = JSON.parse(readFileSync(inRoot('tsconfig.build.json'), 'utf8')) as {
  references: { path: string }[];
};

/** As Docker reads `.dockerignore`: the last line that matches the file, or one of its folders, decides. */
function isIgnored(file: string): boolean {
  const last = ignoreLines.findLast((line) => patternOf(line.replace(/^!/, '')).test(file));
  return last !== undefined && !last.startsWith('!');
}

const WILDCARDS: Record<string, string> = { '**/': '(?:.*/)?', '*': '[^/]*' };
const patternOf = (glob: string): RegExp =>
  new RegExp(`^${glob.replaceAll('.', '\\.').replace(/\*\*\/|\*/g, (wildcard) => WILDCARDS[wildcard] ?? '')}(?:/|$)`);

it('gives the build of the images what each of its projects is compiled by', () => {
  const needed = references.flatMap(({ path }) => [`${path}/tsconfig.json`, `${path}/package.json`]);
  expect(needed.map((file) => file.replace('./', '')).filter(isIgnored)).toEqual([]);
  expect(needed.length).toBeGreaterThan(20);
});

const audited = readdirSync(inRoot('apps')).filter((app) => existsSync(inRoot('apps', app, 'src/invariants.ts')));

it.each(audited)('audits %s without its other files: its invariants import no file beside them', (app) => {
  const code = readFileSync(inRoot('apps', app, 'src/invariants.ts'), 'utf8');
  expect(code.match(/^(?:import (?!type )|export [{*])[^;]*;/gm) ?? []).toEqual([]);
});

it('gives the set-up steps the manifest of every service', () => {
  expect(
    allServices()
      .map((service) => `apps/${service}/service.json`)
      .filter(isIgnored),
  ).toEqual([]);
  expect(readFileSync(inRoot('Dockerfile'), 'utf8')).toMatch(/cp --parents apps\/\*\/service\.json .* \/audited /);
});

it('builds the page with the others, and puts it beside the gateway, which looks for it there', () => {
  const needed = ['package.json', 'tsconfig.json', 'vite.config.ts', 'index.html', 'src/main.tsx'];
  expect(needed.map((file) => `apps/web/${file}`).filter(isIgnored)).toEqual([]);
  expect(readFileSync(inRoot('Dockerfile'), 'utf8')).toContain('mv /out/apps/web /out/served/gateway');
  expect(readFileSync(inRoot('apps/gateway/src/page/page.ts'), 'utf8')).toContain("'../../../web/dist'");
});

it.each(['docs/limits.md', 'node_modules/a/b.js', 'libs/messaging/dist/index.js', 'load/smoke.js', '.env.local'])(
  'leaves %s out of the images',
  (file) => expect(isIgnored(file)).toBe(true),
);
