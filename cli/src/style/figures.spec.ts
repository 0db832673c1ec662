import { readFileSync } from 'node:fs';
import { inRoot } from '@sluice/stack/workspace';
import { describe, expect, it } from 'vitest';
import { measure, type Place, type SourceFile } from './figures.js';
import { FOLLOWED_ROUTES } from './followed-routes.js';
import { isWithinLimits, styleReport } from './report.js';

const file = (text: string, path = 'libs/contracts/src/order.ts'): SourceFile => ({ path, text });
const found = (places: Place[]) => places.map(({ path, line, found }) => `${path.split('/').at(-1)}:${line} ${found}`);

describe('lines', () => {
  it('counts lines and those of more than 120 columns', () => {
    const figures = measure([file(`// ${'x'.repeat(117)}\n// ${'x'.repeat(118)}\n`)]);
    expect(figures.lines).toBe(2);
    expect(found(figures.longLines)).toEqual(['order.ts:2 121 columns']);
  });

  it('counts those of the local stack without its specs', () => {
    const two = 'const a = 1;\nconst b = 2;\n';
    const paths = ['cli/src/a.ts', 'stack/src/a/b.ts', 'cli/src/a.spec.ts', 'libs/messaging/src/cli/a.ts'];
    expect(measure(paths.map((path) => file(two, path))).localStackLines).toBe(4);
  });
});

describe('words of comments', () => {
  it('finds the five verbs in comments of every kind and in no code', () => {
    const text = [
      '// It says so.',
      'const told = `// tells`; // Asked twice',
      '/** The broker told us: it never knew. */',
      'const pattern = /\\/\\/ hears/; /* unknown */',
      'const sum = `${/* hearing */ told}`;',
      '// saying, at the end',
    ].join('\n');
    expect(found(measure([file(text)]).speechVerbs)).toEqual([
      'order.ts:1 says',
      'order.ts:2 Asked',
      'order.ts:3 told',
      'order.ts:3 knew',
      'order.ts:5 hearing',
      'order.ts:6 saying',
    ]);
  });

  it('counts words, and not code, types, tags or addresses', () => {
    const text = '/** Waits for `ask`. @param {{ ask: Ask }} limit in ms, https://example.com/tell */\nlet limit;\n';
    const { commentWords, speechVerbs } = measure([file(text)]);
    expect({ commentWords, speechVerbs }).toEqual({ commentWords: 5, speechVerbs: [] });
  });

  it('finds doc comments that begin with a pronoun', () => {
    const text = [
      '/** It waits. */',
      '/**',
      ' * Whoever waits.',
      ' */',
      '/** Waits. */',
      '/** One-way. */',
      '/** @param {string} it */',
      '// This is no doc comment',
      'let limit;',
    ].join('\n');
    const figures = measure([file(text)]);
    expect(figures.docComments).toBe(5);
    expect(found(figures.pronounComments)).toEqual(['order.ts:1 It', 'order.ts:2 Whoever']);
  });
});

describe('names', () => {
  it('finds private synonyms as identifiers and as file names, and not in texts or longer names', () => {
    const text = "class Door { #told = 'knock'; lineOf(line) { return this.#told; } }\n";
    expect(found(measure([file(text, 'libs/messaging/src/catch-up.ts')]).privateSynonyms)).toEqual([
      'catch-up.ts:1 catch-up',
      'catch-up.ts:1 Door',
      'catch-up.ts:1 told',
      'catch-up.ts:1 told',
    ]);
  });

  it('leaves settle to the settlement of deliveries', () => {
    const text = 'settle();\n';
    const paths = ['libs/messaging/src/settlement.ts', 'libs/messaging/src/proxy.ts'];
    expect(found(measure(paths.map((path) => file(text, path))).privateSynonyms)).toEqual(['proxy.ts:1 settle']);
  });
});

describe('files', () => {
  it('finds those without types and those that are not checked', () => {
    const paths = ['start.mjs', 'eslint.config.mjs', 'load/soak.js', 'load/lib/shop.js', 'load/spec/clock.mjs'];
    const figures = measure([...paths.map((path) => file('', path)), file('// @ts-nocheck\n')]);
    expect(found(figures.untypedFiles)).toEqual(['clock.mjs:1 not TypeScript']);
    expect(found(figures.uncheckedFiles)).toEqual(['order.ts:1 @ts-nocheck']);
  });
});

describe('imports', () => {
  const importing = (path: string, ...specifiers: string[]) =>
    file(specifiers.map((specifier) => `import { a } from '${specifier}';\n`).join(''), path);

  it('finds those that lead back to their file, also of types alone and by a file that exports another', () => {
    const figures = measure([
      file("import 'node:fs';\nimport type { B } from './b/b.js';\nimport './c.js';\n", 'libs/a.ts'),
      file("export { c } from '../c.js';\n", 'libs/b/b.ts'),
      file("import { type A } from './a.js';\n", 'libs/c.ts'),
      importing('libs/d.ts', './a.js', '@sluice/contracts'),
    ]);
    expect(found(figures.circularImports)).toEqual([
      'a.ts:2 libs/b/b.ts',
      'a.ts:3 libs/c.ts',
      'b.ts:1 libs/c.ts',
      'c.ts:1 libs/a.ts',
    ]);
  });

  it('counts each file that a route leads to once, and fails beyond the limit', () => {
    const { controller, mostFiles } = FOLLOWED_ROUTES[0]!;
    const leadingTo = (files: number) => {
      const names = Array.from({ length: files - 1 }, (_, n) => `./${n}.js`);
      const others = names
        .slice(1)
        .map((name) => importing(`apps/gateway/src/flash-sale/${name.slice(2, -3)}.ts`, './0.js'));
      return measure([
        importing(controller, ...names),
        ...others,
        importing('apps/gateway/src/main.ts', './gateway.js'),
      ]);
    };
    const figures = leadingTo(mostFiles);
    expect(figures.followedRoutes.map(({ files }) => files.length)).toEqual([mostFiles]);
    expect([isWithinLimits(figures), isWithinLimits(leadingTo(mostFiles + 1))]).toEqual([true, false]);
  });

  it.each(FOLLOWED_ROUTES)('follows $route from its own controller', ({ route, controller }) => {
    const path = route.split(' /')[1]!.replace(/\{(\w+)\}/g, ':$1');
    expect(readFileSync(inRoot(controller), 'utf8')).toContain(`@Controller('${path}')`);
  });
});

it('counts each call of it and test once', () => {
  const text = `
    it('a', () => {});
    test.skip('b', () => {});
    it.each([1])('c %s', () => {});
    it.each\`x\`('d', () => {});
    /x/.test('e', 1);
    it('f');
  `;
  expect(measure([file(text, 'libs/contracts/src/order.spec.ts')]).testCases).toBe(4);
});

describe('the report', () => {
  const clean = [file('/** Places an order. */\nexport const place = 1;\n')];

  it('prints a line for each figure, and a mark at those with a limit', () => {
    const lines = styleReport(measure(clean), { list: false });
    expect(lines[0]).toMatch(/^ {2}files +1$/);
    expect(lines[2]).toMatch(/^✓ lines over 120 columns +0, 0\.00 % {3}\(limit 1 %\)$/);
  });

  it('fails when a limit is not held, and lists the places', () => {
    const figures = measure([...clean, file('let told;\n', 'libs/contracts/src/a.ts')]);
    expect([isWithinLimits(measure(clean)), isWithinLimits(figures)]).toEqual([true, false]);
    const lines = styleReport(figures, { list: true });
    expect(lines).toContain('    libs/contracts/src/a.ts:1  told');
    expect(lines.find((line) => line.startsWith('✗'))).toMatch(/^✗ private synonyms as names +1 {3}\(limit 0\)$/);
  });
});
