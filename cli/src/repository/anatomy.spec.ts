import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { databaseServices, inRoot } from '@sluice/stack/workspace';

const services = databaseServices();

/** The files that every service has, as docs/anatomy.md lists them. */
const fixed = (service: string): string[] =>
  ['main', 'config', `${service}.module`, `${service}.listener`, 'tables', 'invariants'].map((name) => `${name}.ts`);

/** The kinds of the other files; without a kind: rules about a noun, or a port. */
const KINDS = [
  ...['repository', 'queries', 'http', 'smtp', 'fake', 'calls', 'handler', 'sweep', 'reannouncement', 'gauge', 'view'],
];
const SEED = ['seed.ts', 'seed.data.ts'];
const NAME = new RegExp(`^[a-z]+(-[a-z]+)*(\\.(${KINDS.join('|')}))?\\.ts$`);

const filesOf = (service: string): string[] =>
  readdirSync(inRoot('apps', service, 'src'), { withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.endsWith('.spec.ts'))
    .map(({ name }) => name);
const codeOf = (service: string, file: string): string => readFileSync(inRoot('apps', service, 'src', file), 'utf8');
const importsOf = (code: string): string[] => [...code.matchAll(/from '([^']+)'/g)].map(([, name = '']) => name);

const kindOf = (file: string): string | undefined => KINDS.find((kind) => file.endsWith(`.${kind}.ts`));
const ofKind = (service: string, kind: string): string[] => filesOf(service).filter((file) => kindOf(file) === kind);
/** The files with rules about a noun, and the ports. */
const rulesOf = (service: string): string[] =>
  filesOf(service).filter((file) => ![...fixed(service), ...SEED].includes(file) && kindOf(file) === undefined);

/** The names of the methods that a class declares at its own indentation, its constructor included. */
const methodsOf = (code: string): string[] =>
  [...code.matchAll(/^ {2}(?:async |private )*(#?\w+)(?:<[^>]*>)?\(/gm)].map(([, name = '']) => name);

it('covers the services with a database', () => expect(services.length).toBeGreaterThan(3));

describe.each(services)('%s', (service) => {
  const files = filesOf(service);
  const filesWith = (pattern: RegExp): string[] => files.filter((file) => pattern.test(codeOf(service, file)));

  it('has the files that every service has, and only kinds of files that are described', () => {
    expect(files).toEqual(expect.arrayContaining(fixed(service)));
    const others = files.filter((file) => ![...fixed(service), ...SEED].includes(file));
    expect(others.filter((file) => !NAME.test(file))).toEqual([]);
  });

  it('has its handlers in the listener alone', () => {
    expect(filesWith(/^@Controller\(/m)).toEqual([`${service}.listener.ts`]);
    expect(filesWith(/^ {2}@On\(/m)).toEqual([`${service}.listener.ts`]);
  });

  it('has repositories without a rule: a unit of work over tables, and one method, change', () => {
    const repositories = ofKind(service, 'repository').map((file) => codeOf(service, file));
    for (const code of repositories) {
      expect(importsOf(code).filter((name) => name.startsWith('.'))).toEqual(['./tables.js']);
      expect(methodsOf(code)).toEqual(['constructor', 'change']);
    }
    expect(repositories).not.toEqual([]);
  });

  it('has units of work in repositories alone, and in fakes of other systems', () =>
    expect(filesWith(/\.over\(/).map(kindOf)).toEqual(
      filesWith(/\.over\(/).map(() => expect.stringMatching(/^(repository|fake)$/)),
    ));

  it('has rules that do no I/O: they use neither the framework nor the database, nor a file that does', () => {
    const imports = rulesOf(service).flatMap((file) =>
      importsOf(codeOf(service, file)).map((name) => `${file}: ${name}`),
    );
    const effects = new RegExp(`: (@nestjs/|@prisma/|pg$|\\./generated/|\\./.*\\.(listener|${KINDS.join('|')})\\.js$)`);
    expect(imports.filter((name) => effects.test(name) && !name.endsWith('.view.js'))).toEqual([]);
  });

  it('has queries that read, and no other file that reads by Prisma', () => {
    for (const file of ofKind(service, 'queries'))
      expect(codeOf(service, file)).not.toMatch(
        /\.(change|create|update|upsert|delete|\$transaction|\$executeRaw)\w*\(/,
      );
    const readers = filesWith(/from '\.\/generated\/prisma\//).filter((file) => file !== `${service}.module.ts`);
    expect(readers.filter((file) => kindOf(file) !== 'queries')).toEqual([]);
  });

  it('has adapters beside their port', () => {
    const adapters = ['http', 'fake'].flatMap((kind) => ofKind(service, kind));
    expect(adapters.filter((file) => !files.includes(file.replace(/\.\w+\.ts$/, '.ts')))).toEqual([]);
  });

  it('has a module that is wiring only: its class is empty, and it imports no rule', () => {
    const code = codeOf(service, `${service}.module.ts`);
    expect(code).toMatch(/^export class \w+Module \{\}$/m);
    const isRule = (name: string): boolean =>
      rulesOf(service).includes(name) && !existsSync(inRoot('apps', service, 'src', name.replace('.ts', '.http.ts')));
    const imported = importsOf(code).map((name) => name.replace(/^\.\/(.*)\.js$/, '$1.ts'));
    expect(imported.filter(isRule)).toEqual([]);
  });
});
