import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { inRoot } from '@sluice/stack/workspace';
import { edited, EDITS } from './next-version.js';

const EDIT = { file: 'a.ts', from: 'old', to: '$& new' };

describe('the next version', () => {
  it('is made of the tree: each of its edits fits', () => {
    const files = new Map<string, string>();
    for (const edit of EDITS) {
      const text = files.get(edit.file) ?? readFileSync(inRoot(edit.file), 'utf8');
      files.set(edit.file, edited(text, edit));
    }
    expect(files.size).toBeGreaterThan(4);
  });

  it('replaces what an edit names, and nothing else', () => {
    expect(edited('the old one', EDIT)).toBe('the $& new one');
  });

  it.each(['the new one', 'old and old'])('is refused where "%s" does not have the text once', (text) => {
    expect(() => edited(text, EDIT)).toThrow(/^the next version edits a\.ts, where it finds "old" [02] times$/);
  });
});
