import { catalogue, OPERATED, ownerOf, type Contract } from '@sluice/contracts';
import { Failure } from '@sluice/stack/failure';
import type { Draft } from './draft.js';
import { fieldsOf } from './fields.js';
import { factName, type FactName } from './names.js';
import { addImport } from './source-edits.js';

export interface NewEvent {
  type: string;
  /** Needed only for the first fact of an entity that is not named like its service. */
  service?: string | undefined;
}

export interface DraftedEvent extends FactName {
  service: string;
  /** The field that identifies the entity. */
  key: string;
}

/**
 * Drafts the contract of a fact. The catalogue, the service's rights on the broker and the list of its senders follow
 * from the file that the contract is in.
 * @throws {Failure} when the name is bad or taken, or the owner is not clear
 */
export function draftEvent(draft: Draft, { type, service }: NewEvent): DraftedEvent {
  const fact = factName(type);
  if (catalogue.has(type)) throw new Failure(`${type} is a message already`, 'Choose another name.');
  const drafted = { ...fact, service: ownerOfFact(fact, service), key: keyOf(fact) };
  const file = `libs/contracts/src/${drafted.service}.ts`;
  if (new RegExp(`const ${fact.pascal}\\b`).test(draft.read(file)))
    throw new Failure(`${file} has a constant ${fact.pascal} already`, 'Choose another name.');
  draft.edit(file, (text) => {
    const imported = addImport(addImport(text, 'event', './kit/message.js'), 'Id', './kit/values.js');
    return `${addImport(imported, 'z', 'zod')}\n${contractOf(drafted)}`;
  });
  return drafted;
}

const contractOf = ({ pascal, type, key }: DraftedEvent): string => `
/** \`version\` is that of the row that changed: a consumer that keeps a copy ignores an older one. */
export const ${pascal} = event('${type}', z.object({ ${key}: Id, version: z.int() }), {
  optional: true, // no consumer is required
});
`;

/** An entity has one owner, which alone may publish its facts. */
function ownerOfFact({ type, entity }: FactName, service: string | undefined): string {
  const sibling = facts().find((other) => other.type.startsWith(`${entity}.`));
  const owner = sibling ? ownerOf(sibling) : (service ?? entity);
  if (sibling && service !== undefined && service !== owner)
    throw new Failure(`${sibling.type} belongs to ${owner}`, `${owner} publishes every fact about this entity.`);
  if (OPERATED.includes(owner)) return owner;
  throw new Failure(
    service === undefined ? `no service publishes ${entity}.*` : `there is no service ${service}`,
    `Name the service: npm run new -- event ${type} --service ${OPERATED.join(' | ')}`,
  );
}

const facts = (): Contract[] => [...catalogue.values()].filter(({ kind }) => kind === 'event');

/** The id of the entity if some fact carries it: `orderId`; otherwise that of the user. */
function keyOf({ entity }: FactName): string {
  const id = `${entity}Id`;
  return facts().some((contract) => fieldsOf(contract).includes(id)) ? id : 'userId';
}
