import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { loadCompiled } from '@sluice/stack/build/compiled';
import { messageOf } from '@sluice/stack/errors';
import { Failure } from '@sluice/stack/failure';
import { inRoot } from '@sluice/stack/workspace';

const PUBLISHED = inRoot('libs/contracts/published');

/** A contract as libs/contracts/published/ has it, one a file. */
interface Publication {
  type: string;
  version: number;
}

/** The part that this command uses of libs/contracts/src/publishing/. */
interface Publishing {
  publicationOf(contract: object): Publication;
  fileOf(publication: Publication): string;
  changes(published: Publication[], present: Publication[]): { write: Publication[]; refused: string[] };
  withdrawn(type: string, published: Publication[], present: Publication[]): Publication[];
}

/** The rules, the present contracts, and the published ones of a folder. */
async function load(folder: string): Promise<Publishing & { present: Publication[]; published: Publication[] }> {
  const { catalogue } = await import('@sluice/contracts');
  const parts = ['publication', 'publish'].map((name) => loadCompiled(`libs/contracts/dist/publishing/${name}.js`));
  const rules = Object.assign({}, ...(await Promise.all(parts))) as Publishing;
  const present = [...catalogue.values()].map((contract) => rules.publicationOf(contract));
  const published = readdirSync(folder).map(
    (file) => JSON.parse(readFileSync(path.join(folder, file), 'utf8')) as Publication,
  );
  return { ...rules, present, published };
}

/** Writes what is new, all or nothing. @returns lines for people @throws {Failure} at a breaking change */
export async function publishContracts(folder = PUBLISHED): Promise<string[]> {
  const { present, published, fileOf, changes } = await load(folder);
  const { write, refused } = changes(published, present);
  if (refused.length > 0) throw new Failure(`not published: ${refused.length} broken`, undefined, refused.join('\n\n'));
  for (const contract of write)
    writeFileSync(path.join(folder, fileOf(contract)), `${JSON.stringify(contract, null, 2)}\n`);
  return write.length > 0
    ? write.map((contract) => `published ${fileOf(contract)}`)
    : ['the published contracts are up to date'];
}

/** Removes a type that is gone. @returns lines for people @throws {Failure} when a contract still has the type */
export async function withdrawContract(type: string, folder = PUBLISHED): Promise<string[]> {
  const { present, published, fileOf, withdrawn } = await load(folder);
  try {
    const files = withdrawn(type, published, present).map(fileOf);
    for (const file of files) rmSync(path.join(folder, file));
    return files.map((file) => `withdrew ${file}`);
  } catch (error) {
    throw new Failure(messageOf(error), 'Remove its contract first; git keeps what was published.');
  }
}
