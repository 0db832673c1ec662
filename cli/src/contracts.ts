// @ts-nocheck
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { Failure } from '@sluice/stack/failure';
import { inRoot } from '@sluice/stack/workspace';

const PUBLISHED = inRoot('libs/contracts/published');

const built = (file) => import(pathToFileURL(inRoot('libs/contracts/dist', file)).href);

/** The rules, the present contracts, and what a folder says of the published ones. */
async function load(folder) {
  const [{ catalogue }, publication, rules] = await Promise.all([
    built('index.js'),
    built('publishing/publication.js'),
    built('publishing/publish.js'),
  ]);
  const present = [...catalogue.values()].map(publication.publicationOf);
  const published = readdirSync(folder).map((file) => JSON.parse(readFileSync(path.join(folder, file), 'utf8')));
  return { present, published, fileOf: publication.fileOf, ...rules };
}

/**
 * Writes what is new, all or nothing.
 * @returns {Promise<string[]>} what was done, for people
 * @throws {Failure} when a contract breaks what is published
 */
export async function publishContracts(folder = PUBLISHED) {
  const { present, published, fileOf, changes } = await load(folder);
  const { write, refused } = changes(published, present);
  if (refused.length > 0) throw new Failure(`not published: ${refused.length} broken`, undefined, refused.join('\n\n'));
  for (const one of write) writeFileSync(path.join(folder, fileOf(one)), `${JSON.stringify(one, null, 2)}\n`);
  return write.length > 0 ? write.map((one) => `published ${fileOf(one)}`) : ['the published contracts are up to date'];
}

/** @param {string} type @returns {Promise<string[]>} what was done, for people @throws {Failure} when a contract still has it */
export async function withdrawContract(type, folder = PUBLISHED) {
  const { present, published, fileOf, withdrawn } = await load(folder);
  try {
    const files = withdrawn(type, published, present).map(fileOf);
    for (const file of files) rmSync(path.join(folder, file));
    return files.map((file) => `withdrew ${file}`);
  } catch (error) {
    throw new Failure(error.message, 'Remove its contract first; git keeps what was published.');
  }
}
