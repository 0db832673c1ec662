import * as contracts from '@sluice/contracts';
import type { Contract } from '@sluice/contracts';
import { Failure } from '@sluice/stack/failure';
import type { Draft } from './draft.js';
import { fieldsOf } from './fields.js';
import { factName, type FactName } from './names.js';
import { addElement, addImport, addMethod, has, itemsAt, methodsOf } from './source-edits.js';
import { repositoryOf, type Repository, type Table } from './repository.js';
import { filesFrom } from './templates.js';

export interface NewConsumer {
  service: string;
  type: string;
  /** The class that stores what the fact changes; needed only where a listener has several. */
  repository?: string | undefined;
}

export interface DraftedConsumer {
  /** The file of the rule. */
  rule: string;
}

const MAP = 'topology/src/map.ts';

/**
 * Drafts a consumer: the line of the map, the method of the listener, and a rule with its spec.
 * @throws {Failure} when the service or the fact does not exist, or no table has a key that the fact carries
 */
export function draftConsumer(draft: Draft, { service, type, repository }: NewConsumer): DraftedConsumer {
  const { constant, contract } = contractOf(type);
  requireNewOnMap(draft, service, constant);
  const fact = factName(type);
  const stored = repositoryOf(draft, service, repository);
  const table = tableFor(contract, stored);
  draft.edit(MAP, (text) => addElement(text, ['SERVICES', service, 'events'], `c.${constant}`));
  addToListener(draft, { fact, constant, stored });
  const values = { ...valuesOf(fact, constant, stored, table), service };
  for (const { file, text } of filesFrom('consumer', values)) draft.create(file, text);
  addToRules(draft, service, fact);
  return { rule: `apps/${service}/src/${fact.kebab}.ts` };
}

/** The contract of a fact, and the name under which it is exported. */
function contractOf(type: string): { constant: string; contract: Contract } {
  const exported = Object.entries(contracts as Record<string, unknown>);
  const [constant, contract] = exported.find(([, value]) => isFact(value) && value.type === type) ?? [];
  if (constant !== undefined) return { constant, contract: contract as Contract };
  const types = [...contracts.catalogue.values()].filter(isFact).map((one) => one.type);
  throw new Failure(`there is no fact ${type}`, `npm run new -- event ${type} makes it. Facts: ${types.join(', ')}`);
}

const isFact = (value: unknown): value is Contract =>
  typeof value === 'function' && (value as unknown as Contract).kind === 'event';

function requireNewOnMap(draft: Draft, service: string, constant: string): void {
  const map = draft.read(MAP);
  if (!has(map, ['SERVICES', service]))
    throw new Failure(`there is no service ${service}`, `npm run new -- service ${service} makes it.`);
  const lines = itemsAt(map, ['SERVICES', service, 'events']);
  if (lines.some((line) => line === `c.${constant}` || line.endsWith(` c.${constant})`)))
    throw new Failure(`${service} consumes ${constant} already`, `It is a line of ${MAP}.`);
}

/** The first table whose key the fact carries: its row is locked while the rule decides. */
function tableFor(contract: Contract, { tables, tablesFile }: Repository): Table {
  const table = tables.find(({ key }) => fieldsOf(contract).includes(key));
  if (table) return table;
  const keys = tables.map(({ name, key }) => `${name} by ${key}`).join(', ');
  throw new Failure(
    `no table has a key that ${contract.type} carries: it carries ${fieldsOf(contract).join(', ')}`,
    `Add a table to ${tablesFile} first (docs/add-a-service.md). Tables: ${keys}`,
  );
}

interface Parts {
  fact: FactName;
  constant: string;
  stored: Repository;
  table: Table;
}

function addToListener(draft: Draft, { fact, constant, stored }: Omit<Parts, 'table'>): void {
  const { listenerFile, listenerClass, field } = stored;
  if (methodsOf(draft.read(listenerFile), listenerClass).includes(fact.camel))
    throw new Failure(`${listenerClass} has a method ${fact.camel} already`, `Rename it in ${listenerFile} first.`);
  const method = `
    @On(${constant})
    ${fact.camel}(message: Message<typeof ${constant}>) {
      return this.${field}.change(message, ${fact.camel}Keys(message.data), (state) =>
        ${fact.camel}(state, message.data),
      );
    }`;
  const imports: [name: string, from: string][] = [
    [constant, '@sluice/contracts'],
    ['type Message', '@sluice/contracts'],
    [fact.camel, `./${fact.kebab}.js`],
    [`${fact.camel}Keys`, `./${fact.kebab}.js`],
  ];
  draft.edit(listenerFile, (text) =>
    imports.reduce((edited, [name, from]) => addImport(edited, name, from), addMethod(text, listenerClass, method)),
  );
}

const valuesOf = ({ type, camel, kebab }: FactName, constant: string, stored: Repository, table: Table) => ({
  Fact: constant,
  type,
  rule: camel,
  'rule-file': kebab,
  rows: table.name,
  key: table.key,
  tables: stored.tablesName,
});

/** The rules that `npm run mutate` mutates. */
function addToRules(draft: Draft, service: string, { kebab }: FactName): void {
  const file = `apps/${service}/service.json`;
  draft.edit(file, (text) => {
    const { rules = { files: [], specs: [] }, ...manifest } = JSON.parse(text) as Manifest;
    const added = { files: [...rules.files, kebab], specs: [...rules.specs, kebab] };
    return JSON.stringify({ ...manifest, rules: added }, null, 2);
  });
}

interface Manifest {
  rules?: { files: string[]; specs: string[] };
}
