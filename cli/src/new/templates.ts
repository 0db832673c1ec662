import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { inRoot } from '@sluice/stack/workspace';

/** By placeholder: the text in its place. `{{noun}}` in a file, `__noun__` in the name of a file. */
export type Values = Readonly<Record<string, string>>;

const TEMPLATES = 'cli/src/new/templates';
const SUFFIX = '.tmpl';

/** The files of a folder of templates, as they are in the repository after the placeholders are replaced. */
export function filesFrom(folder: string, values: Values): { file: string; text: string }[] {
  const from = inRoot(TEMPLATES, folder);
  return readdirSync(from, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(SUFFIX))
    .sort()
    .map((name) => ({
      file: fill(name.slice(0, -SUFFIX.length).replaceAll(path.sep, '/'), NAME, values),
      text: fill(readFileSync(path.join(from, name), 'utf8'), TEXT, values),
    }));
}

const TEXT = /\{\{([\w-]+)\}\}/g;
const NAME = /__([\w-]+?)__/g;

/** @throws Error for a placeholder that has no value */
export const fill = (text: string, placeholder: RegExp, values: Values): string =>
  text.replaceAll(placeholder, (_, name: string) => {
    const value = values[name];
    if (value === undefined) throw new Error(`the template's placeholder ${name} has no value`);
    return value;
  });
