import { inRoot, root } from '@sluice/stack/workspace';
import { runProgram } from '../run-program.js';
import { draftConsumer, type NewConsumer } from './consumer.js';
import { Draft } from './draft.js';
import { draftEvent, type DraftedEvent, type NewEvent } from './event.js';
import { linkWorkspace } from './package-lock.js';
import { draftService, type NewService } from './service.js';

export interface Generation {
  draft: Draft;
  /** What a developer does next, one line each. */
  next: string[];
  /** Work that needs the files. @returns the exit code */
  finish?: () => Promise<number>;
}

export function newService(wanted: NewService): Generation {
  const draft = new Draft(root);
  const { service } = draftService(draft, wanted, new Date());
  const folder = `apps/${service.kebab}`;
  const finish = (): Promise<number> => {
    linkWorkspace(root, { name: `@sluice/${service.kebab}`, folder });
    return publishContracts();
  };
  return { draft, next: nextAfterService(service.kebab), finish };
}

const nextAfterService = (service: string): string[] =>
  columns([
    [`npm test -- apps/${service}`, 'its first tests'],
    ['npm start', 'runs it beside the others'],
    [`npm run new -- event ${service}.earned`, 'a fact of its own, under a name that you choose'],
    ['docs/add-a-service.md', 'what each file is for, and what to change first'],
  ]);

export function newEvent(wanted: NewEvent): Generation {
  const draft = new Draft(root);
  return { draft, next: nextAfterEvent(draftEvent(draft, wanted)), finish: publishContracts };
}

const nextAfterEvent = ({ service, pascal, key, type }: DraftedEvent): string[] =>
  columns([
    [`libs/contracts/src/${service}.ts`, 'add the fields that a consumer needs, then npm run contracts:publish'],
    [`a rule in apps/${service}/src`, `return { state, messages: [${pascal}({ ${key}, version })] }`],
    [`npm run tail -- '${type}'`, 'prints the fact when it is published'],
  ]);

export function newConsumer(wanted: NewConsumer): Generation {
  const draft = new Draft(root);
  const { rule } = draftConsumer(draft, wanted);
  const next = columns([
    [rule, 'decide what the fact changes; its spec is beside it'],
    [`npm test -- apps/${wanted.service}`, 'its first tests'],
    ['npm start', 'binds the queue, as npm run topology does in a running system'],
  ]);
  return { draft, next };
}

/** In a process of its own: this one has loaded the contracts as they were. */
const publishContracts = (): Promise<number> =>
  runProgram(process.execPath, [inRoot('start.mjs'), 'contracts:publish']);

const columns = (rows: readonly (readonly [left: string, right: string])[]): string[] => {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}   ${right}`);
};

/** Writes the files, and prints them and what to do next. @returns the exit code */
export async function carryOut(
  { draft, next, finish }: Generation,
  { dirty = false }: { dirty?: boolean | undefined },
): Promise<number> {
  if (!dirty) draft.requireClean();
  for (const line of await draft.write()) console.log(line);
  const code = (await finish?.()) ?? 0;
  if (code === 0) console.log(['', 'Next:', ...next].join('\n'));
  return code;
}
