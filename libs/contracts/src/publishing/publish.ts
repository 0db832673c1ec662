import { breaks } from './breaks.js';
import { fileOf, sameAs, type Publication } from './publication.js';

/** Changes that bring the published files up to date with the present contracts. */
export interface Changes {
  /** New types and versions, and published ones with something added. */
  readonly write: readonly Publication[];
  /** Changes that must not be written, with the reason: a new version, or a withdrawal, is needed. */
  readonly refused: readonly string[];
}

export const PUBLISH = 'npm run contracts:publish';

export function changes(published: readonly Publication[], present: readonly Publication[]): Changes {
  const broken = present.flatMap((one) => brokenPromises(published.find(sameAs(one)), one));
  const write = present.filter((one) => {
    const before = published.find(sameAs(one));
    return !before || (JSON.stringify(before) !== JSON.stringify(one) && breaks(before, one).length === 0);
  });
  return { write, refused: [...broken, ...orphans(published, present)] };
}

function brokenPromises(published: Publication | undefined, present: Publication): string[] {
  const why = published ? breaks(published, present) : [];
  if (why.length === 0) return [];
  const { type, version } = present;
  return [
    `${type} breaks its published version ${version}:\n${why.map((line) => `  - ${line}`).join('\n')}\n` +
      `  Undo that, or make it a new version ({ version: ${version + 1} } in its contract) and run: ${PUBLISH}`,
  ];
}

/** Published versions without a contract: the type is gone, or the contract is still at an older version. */
function orphans(published: readonly Publication[], present: readonly Publication[]): string[] {
  const versions = new Map(present.map(({ type, version }) => [type, version]));
  return published.flatMap(({ type, version }) => {
    const now = versions.get(type);
    if (now === undefined)
      return [
        `${fileOf({ type, version })} is published, and no contract has that type any more.\n` +
          `  Bring it back, or, when nobody sends or reads it any more, run: ${PUBLISH} -- --withdraw ${type}`,
      ];
    return version > now ? [`${fileOf({ type, version })} is published, and the contract is still version ${now}`] : [];
  });
}

/**
 * The files to delete when a type is withdrawn.
 * @throws Error when a contract still has it
 */
export function withdrawn(
  type: string,
  published: readonly Publication[],
  present: readonly Publication[],
): Publication[] {
  if (present.some((one) => one.type === type))
    throw new Error(`${type} is a message of the present contracts: only what is gone can be withdrawn`);
  const files = published.filter((one) => one.type === type);
  if (files.length === 0) throw new Error(`${type} is not published`);
  return files;
}
