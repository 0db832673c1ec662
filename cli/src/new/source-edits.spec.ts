import { describe, expect, it } from 'vitest';
import {
  addElement,
  addImport,
  addMethod,
  addProperty,
  addReexport,
  constructorParameters,
  has,
  itemsAt,
} from './source-edits.js';

/** Without the line breaks and blanks that Prettier decides. */
const flat = (text: string): string =>
  text
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/,(?=[\]}])/g, ', ')
    .trim();

describe('addImport', () => {
  const text = "import { z } from 'zod';\nimport { B, type M, X } from './a.js';\n\nconst one = 1;\n";

  it('adds a name to the import of its module, in order', () => {
    expect(addImport(text, 'C', './a.js')).toContain("{ B, C, type M, X } from './a.js'");
    expect(addImport(text, 'type N', './a.js')).toContain("{ B, type M, type N, X } from './a.js'");
    expect(addImport(text, 'Z', './a.js')).toContain("{ B, type M, X, Z } from './a.js'");
  });

  it('changes nothing when the name is imported already', () => {
    expect(addImport(text, 'M', './a.js')).toBe(text);
  });

  it('adds a line among the other imports for a module of its own, in order', () => {
    expect(addImport(text, 'rule', './rule.js')).toContain("'./a.js';\nimport { rule } from './rule.js';\n\nconst");
    expect(addImport(text, 'rule', './A.js')).toContain("'zod';\nimport { rule } from './A.js';\nimport { B");
    expect(addImport(text, 'rule', 'package')).toContain("import { rule } from 'package';\nimport { z }");
    expect(addImport('const one = 1;\n', 'rule', './rule.js')).toBe(
      "import { rule } from './rule.js';\n\nconst one = 1;\n",
    );
  });

  it('leaves an import of types alone, which cannot hold a value', () => {
    expect(addImport("import type { A } from 'a';\n", 'B', 'a')).toBe(
      "import type { A } from 'a';\nimport { B } from 'a';\n",
    );
  });
});

describe('addReexport', () => {
  it('adds a line in order', () => {
    const text = "export * from './a.js';\nexport * from './m.js';\n";
    expect(addReexport(text, './b.js')).toBe(
      "export * from './a.js';\nexport * from './b.js';\nexport * from './m.js';\n",
    );
    expect(addReexport(text, './n.js')).toBe(`${text}export * from './n.js';\n`);
  });
});

describe('object and array literals', () => {
  const map = `
    /** A comment with }; in it. */
    export const MAP: Services = {
      orders: { events: [c.A, 'x.*'], ops: about('orders') },
      'flash-sale': { claims: [c.B] },
    };
    const LIST = ['a', 'b'] as const;
    const CALLED = catalogueOf({ a });`;

  it('get a property, at any depth', () => {
    expect(flat(addProperty(map, ['MAP'], 'loyalty: {}'))).toContain(
      "'flash-sale': { claims: [c.B] }, loyalty: {}, };",
    );
    expect(flat(addProperty(map, ['MAP', 'flash-sale'], 'x: []'))).toContain('{ claims: [c.B], x: [], }');
  });

  it('get an element, and the array that is missing', () => {
    expect(flat(addElement(map, ['MAP', 'orders', 'events'], 'c.B'))).toContain("[c.A, 'x.*', c.B, ]");
    expect(flat(addElement(map, ['MAP', 'flash-sale', 'events'], 'c.A'))).toContain('claims: [c.B], events: [c.A], }');
    expect(flat(addElement(map, ['LIST'], "'c'"))).toContain("['a', 'b', 'c', ] as const");
  });

  it('are found in the call that takes them', () => {
    expect(flat(addProperty(map, ['CALLED'], 'b'))).toContain('catalogueOf({ a, b, })');
  });

  it('are read by the same path', () => {
    expect(has(map, ['MAP', 'orders'])).toBe(true);
    expect(has(map, ['MAP', 'loyalty'])).toBe(false);
    expect(itemsAt(map, ['MAP', 'orders', 'events'])).toEqual(['c.A', "'x.*'"]);
  });

  it('that are not there are reported by their name', () => {
    expect(() => addProperty(map, ['MAP', 'loyalty'], 'x: 1')).toThrow('MAP.loyalty was not found');
    expect(() => addElement(map, ['NONE'], '1')).toThrow('NONE was not found');
  });
});

describe('a class', () => {
  const text = 'export class A {\n  constructor(private readonly b: Repository) {}\n\n  one() {}\n}\n\nclass B {}\n';

  it('gets a method behind its others', () => {
    expect(addMethod(text, 'A', '  two() {}')).toContain('  one() {}\n\n  two() {}\n}\n\nclass B {}');
  });

  it('names what it is constructed with', () => {
    expect(constructorParameters(text, 'A')).toEqual([{ name: 'b', type: 'Repository' }]);
    expect(constructorParameters(text, 'B')).toEqual([]);
    expect(() => constructorParameters(text, 'C')).toThrow('class C was not found');
  });
});
