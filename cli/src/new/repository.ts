import { Failure } from '@sluice/stack/failure';
import type { Draft } from './draft.js';
import { nameOf } from './names.js';
import { constructorParameters, importedFrom, parametersOf, propertiesAt } from './source-edits.js';

/** A table of a unit of work with a key of one column. */
export interface Table {
  name: string;
  key: string;
}

/** Where a listener stores what a fact changes. */
export interface Repository {
  listenerFile: string;
  listenerClass: string;
  /** The listener's field that holds it. */
  field: string;
  /** The constant with its tables, and the file of it. */
  tablesName: string;
  tablesFile: string;
  tables: Table[];
}

/** What its constructor does, in every service: `units.over({ tables })` or `units.over({ tables: stockTables })`. */
const UNIT_OF_WORK = /units\.over\(\{ tables(?:: (\w+))?[ ,]/;

/**
 * Finds the repository of a service's listener.
 * @param chosen its class, where the listener has several
 * @throws {Failure} when there is none with `change(message, keys, decide)`, or more than one
 */
export function repositoryOf(draft: Draft, service: string, chosen?: string): Repository {
  const [folder, listenerClass] = [`apps/${service}/src`, `${nameOf(service).pascal}Listener`];
  const [listenerFile, tablesFile] = [`${folder}/${service}.listener.ts`, `${folder}/tables.ts`];
  const listener = draft.read(listenerFile);
  const { name: field, type } = chooseOne(repositoriesOf(listener, listenerClass), chosen, service);
  const source = draft.read(`${folder}/${importedFrom(listener, type)?.replace(/^\.\/(.*)\.js$/, '$1')}.ts`);
  const unit = UNIT_OF_WORK.exec(source);
  if (!unit || !TAKES.test(parametersOf(source, type, 'change').join()))
    throw new Failure(`${type} has no change(message, keys, decide)`, BY_HAND);
  const tablesName = unit[1] ?? 'tables';
  const tables = tablesIn(draft.read(tablesFile), tablesName);
  return { listenerFile, listenerClass, field, tablesName, tablesFile, tables };
}

/** Options may follow: whether the change may wait for the next commit. */
const TAKES = /^\w+,\w+,\w+(,options)?$/;
const BY_HAND = 'Add the consumer by hand: docs/add-a-service.md shows its line of the map and its method with @On.';

const repositoriesOf = (listener: string, listenerClass: string): { name: string; type: string }[] =>
  constructorParameters(listener, listenerClass).filter(({ type }) => /Repository$/.test(type));

function chooseOne<T extends { type: string }>(found: readonly T[], chosen: string | undefined, service: string): T {
  const fitting = found.filter(({ type }) => chosen === undefined || type === chosen);
  if (fitting.length === 1) return fitting[0]!;
  const wrong = fitting.length > 1 ? 'several repositories' : `no ${chosen ?? 'repository'}`;
  const names = found.map(({ type }) => type).join(' | ');
  throw new Failure(`the listener of ${service} has ${wrong}`, names ? `Name one: --repository ${names}` : BY_HAND);
}

const tablesIn = (text: string, constant: string): Table[] =>
  propertiesAt(text, [constant]).flatMap(({ name, text: collection }) => {
    const key = /\bkey: '(\w+)'/.exec(collection)?.[1];
    return key === undefined ? [] : [{ name, key }];
  });
