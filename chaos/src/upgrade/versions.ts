import { existsSync } from 'node:fs';
import path from 'node:path';
import type { Migration } from '@sluice/stack/databases/migrations';
import { root } from '@sluice/stack/workspace';
import { earlierVersion, nextVersion } from './checkouts.js';
import { CONTRACT } from './next-version.js';

/** The version before, and the one that replaces it. */
export interface Versions {
  /** Whose code, migrations and map the system is started with; undefined: those of the tree. */
  before: string | undefined;
  next: NextVersion;
}
export interface NextVersion {
  checkout: string;
  /** Of its processes, until all are of the next version; docs/operations.md, "Upgrade". */
  settings: Record<string, string>;
  /** Applied then, to the database of `CHANGED_DATABASE`. */
  contract: readonly Migration[];
}

/** @param from a revision of git, from which the tree is the next version; without one, see next-version.ts */
export async function versionsOf(from: string | undefined): Promise<Versions> {
  if (from === undefined)
    return { before: undefined, next: { checkout: await nextVersion(), settings: {}, contract: CONTRACT } };
  const before = await earlierVersion(from);
  return { before, next: { checkout: root, settings: settingsFor(before), contract: [] } };
}

/** What processes of the version before cannot read, and what theirs lack. */
function settingsFor(before: string): Record<string, string> {
  const has = (decision: string): boolean => existsSync(path.join(before, 'docs/decisions', decision));
  return {
    ...(!has('0034-facts-travel-together.md') && { PUBLISH_BATCHES: 'false' }),
    ...(!has('0051-the-payable-opens-while-the-stock-is-reserved.md') && { PRICED_AT_ONCE: 'false' }),
    ...(!has('0028-who-has-sent-a-message.md') && { ANONYMOUS_MESSAGES: 'accepted' }),
  };
}
