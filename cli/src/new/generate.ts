import { inRoot, root } from '@sluice/stack/workspace';
import { runProgram } from '../run-program.js';
import { draftConsumer } from './consumer.js';
import { Draft } from './draft.js';
import { draftEvent } from './event.js';
import { linkWorkspace } from './package-lock.js';
import { draftService } from './service.js';

export interface Wanted {
  name: string;
  fact?: string | undefined;
  noun?: string;
  service?: string;
  repository?: string;
  dirty?: boolean;
}

/** Drafts the files. @returns what to do next, and what must happen once they are written */
type Generator = (draft: Draft, wanted: Wanted) => { next: string[]; finish?: () => Promise<number> };

const publish = (): Promise<number> => runProgram(process.execPath, [inRoot('start.mjs'), 'contracts:publish']);

const GENERATORS = {
  service: (draft, { name, noun }) => {
    const { service } = draftService(draft, { service: name, noun }, new Date());
    const folder = `apps/${service.kebab}`;
    return {
      next: [
        `npm test -- ${folder}`.padEnd(38) + 'its first tests',
        'npm start'.padEnd(38) + 'runs it beside the others',
        `npm run new -- event ${service.kebab}.earned`.padEnd(38) + 'a fact of its own, under a name that you choose',
        'docs/add-a-service.md'.padEnd(38) + 'what each file is for, and what to change first',
      ],
      finish: async () => {
        linkWorkspace(root, { name: `@sluice/${service.kebab}`, folder });
        return publish();
      },
    };
  },
  event: (draft, { name, service }) => {
    const { pascal, key, service: owner, type } = draftEvent(draft, { type: name, service });
    return {
      next: [
        `libs/contracts/src/${owner}.ts: add the fields that a consumer needs, then npm run contracts:publish`,
        `In a rule of apps/${owner}: return { state, messages: [${pascal}({ ${key}, version })] }`,
        `npm run tail -- '${type}' prints it when it is published`,
      ],
      finish: publish,
    };
  },
  consumer: (draft, { name, fact = '', repository }) => {
    const { rule } = draftConsumer(draft, { service: name, type: fact, repository });
    return {
      next: [
        `${rule}: decide what the fact changes; ${rule.replace('.ts', '.spec.ts')} has its first tests`,
        `npm test -- apps/${name}`,
        'npm start, or npm run topology, binds the queue',
      ],
    };
  },
} satisfies Record<string, Generator>;
export type Kind = keyof typeof GENERATORS;

export const isKind = (text: string): text is Kind => Object.hasOwn(GENERATORS, text);

/** Writes what is wanted, prints it, and what to do next. @returns the exit code */
export async function generate(kind: Kind, wanted: Wanted): Promise<number> {
  const draft = new Draft(root);
  const generator: Generator = GENERATORS[kind];
  const { next, finish } = generator(draft, wanted);
  if (!wanted.dirty) draft.requireClean();
  for (const line of await draft.write()) console.log(line);
  const code = (await finish?.()) ?? 0;
  if (code === 0) console.log(['', 'Next:', ...next.map((line) => `  ${line}`)].join('\n'));
  return code;
}
