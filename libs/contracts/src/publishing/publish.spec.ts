import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { event } from '../kit/message.js';
import { publicationOf } from './publication.js';
import { changes, withdrawn } from './publish.js';

const version = (number: number, schema: z.ZodType) =>
  publicationOf(event('thing.happened', schema, { version: number }));
const first = version(1, z.object({ n: z.int() }));
const more = version(1, z.object({ n: z.int(), note: z.string().optional() }));
const broken = version(1, z.object({ n: z.string() }));
const second = version(2, z.object({ n: z.string() }));

describe('publishing', () => {
  it('adds new types and new versions', () => {
    expect(changes([], [first])).toEqual({ write: [first], refused: [] });
    expect(changes([first], [second])).toEqual({ write: [second], refused: [] });
  });

  it('rewrites a version that was extended, and writes nothing when nothing changed', () => {
    expect(changes([first], [more])).toEqual({ write: [more], refused: [] });
    expect(changes([more], [more])).toEqual({ write: [], refused: [] });
  });

  it('refuses a breaking change, and reports the reason and the remedy', () => {
    const { write, refused } = changes([first], [broken]);
    expect(write).toEqual([]);
    expect(refused).toHaveLength(1);
    expect(refused[0]).toContain('thing.happened breaks its published version 1');
    expect(refused[0]).toContain('"n" is written as string and read as integer');
    expect(refused[0]).toContain('{ version: 2 }');
    expect(refused[0]).toContain('npm run contracts:publish');
  });

  it('refuses when a published type is gone, or its version went back', () => {
    expect(changes([first], []).refused).toEqual([
      expect.stringContaining('contracts:publish -- --withdraw thing.happened'),
    ]);
    expect(changes([first, second], [first]).refused).toEqual([
      expect.stringContaining('thing.happened.v2.json is published, and the contract is still version 1'),
    ]);
  });

  it('withdraws all versions of a removed type, and of no other type', () => {
    const other = publicationOf(event('other.happened', z.object({})));
    expect(withdrawn('thing.happened', [first, second, other], [other])).toEqual([first, second]);
    expect(() => withdrawn('thing.happened', [first], [second])).toThrow('only what is gone');
    expect(() => withdrawn('no.such', [first], [])).toThrow('not published');
  });
});
