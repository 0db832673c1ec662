import { describe, expect, it } from 'vitest';
import { absentFiles, chosen, GROUPS, unknownFiles, type Group } from './groups.js';

const a = {
  name: 'a',
  files: ['apps/a/src/one.ts', 'apps/a/src/two.ts'],
  specs: ['apps/a/src/one.spec.ts', 'apps/a/src/two.spec.ts'],
};
const b = { name: 'b', files: ['apps/b/src/one.ts'], specs: ['apps/b/src/one.spec.ts'] };
const groups: Group[] = [a, b];
const all = () => true;
const files = (chosenGroups: Group[]) => chosenGroups.map((group) => group.files);

describe('the files to mutate', () => {
  it('are all when none is named', () => {
    expect(chosen(groups, [], all)).toEqual(groups);
  });

  it('are those that are named, each with all specs of its group', () => {
    expect(chosen(groups, ['apps/a/src/two.ts'], all)).toEqual([{ ...a, files: ['apps/a/src/two.ts'] }]);
  });

  it('are those of a folder that is named, and not those of one whose name begins so', () => {
    expect(files(chosen(groups, ['apps/a'], all))).toEqual([a.files]);
    expect(files(chosen(groups, ['apps/a/'], all))).toEqual([a.files]);
    expect(unknownFiles(groups, ['app', 'apps/b', 'apps/a/src/one.ts', 'apps/c/src/one.ts'])).toEqual([
      'app',
      'apps/c/src/one.ts',
    ]);
  });

  it('are only those that are there', () => {
    const exists = (file: string) => !file.includes('two');
    expect(chosen(groups, [], exists)[0]).toEqual({
      name: 'a',
      files: ['apps/a/src/one.ts'],
      specs: ['apps/a/src/one.spec.ts'],
    });
    expect(absentFiles(groups, exists)).toEqual(['apps/a/src/two.ts', 'apps/a/src/two.spec.ts']);
  });

  it('belong to one group each', () => {
    const named = GROUPS.flatMap((group) => group.files);
    expect(new Set(named).size).toBe(named.length);
  });
});
