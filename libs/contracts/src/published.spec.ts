import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { catalogue } from './catalogue.js';
import { fileOf, publicationOf, type Publication } from './publishing/publication.js';
import { changes, PUBLISH } from './publishing/publish.js';

const FOLDER = path.resolve(import.meta.dirname, '../published');
const files = readdirSync(FOLDER);
const published = files.map((file) => JSON.parse(readFileSync(path.join(FOLDER, file), 'utf8')) as Publication);
const { write, refused } = changes(published, [...catalogue.values()].map(publicationOf));

describe('the contracts', () => {
  it('do not break the published versions', () => {
    expect(refused.join('\n\n')).toBe('');
  });

  it('are all published in their present form', () => {
    expect(
      write.map(fileOf),
      `some changes are not published: run ${PUBLISH} and commit libs/contracts/published`,
    ).toEqual([]);
  });

  it('have published files named after type and version', () => {
    expect(published.map(fileOf)).toEqual(files);
  });
});
