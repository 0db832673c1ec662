import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { Failure } from '@sluice/stack/failure';
import { inRoot } from '@sluice/stack/workspace';
import {
  addContainer,
  addExternalSecret,
  addImage,
  addManifest,
  addProject,
  addScrapeTarget,
  addToServiceDown,
} from './central-edits.js';
import type { Draft } from './draft.js';
import { serviceNames, type Name, type ServiceNames } from './names.js';
import { listLink, lockWorkspace, type Workspace } from './package-lock.js';
import { addElement, addImport, addImportLine, addProperty, addReexport } from './source-edits.js';
import { filesFrom } from './templates.js';

export interface NewService {
  service: string;
  /** What one row of the service is. */
  noun?: string | undefined;
}

/** npm's own list of what is installed: start.mjs compares it with package-lock.json, and installs what differs. */
const INSTALLED = 'node_modules/.package-lock.json';

/**
 * Drafts a service that counts the completed orders of each user, and its entries in the central files.
 * @throws {Failure} when a name is bad or taken
 */
export function draftService(draft: Draft, { service, noun }: NewService, now: Date): ServiceNames {
  const names = serviceNames(service, noun);
  requireFree(names);
  for (const { file, text } of filesFrom('service', valuesOf(names, now))) draft.create(file, text);
  addContracts(draft, names);
  addToMap(draft, names);
  addToGateway(draft, names);
  addToDeployment(draft, names);
  addToAudit(draft, names);
  addToWorkspace(draft, names);
  return names;
}

/** What the templates of a service need. */
function valuesOf({ service, noun, nouns }: ServiceNames, now: Date): Record<string, string> {
  return {
    service: service.kebab,
    Service: service.pascal,
    noun: noun.camel,
    Noun: noun.pascal,
    'noun-file': noun.kebab,
    nouns: nouns.camel,
    nouns_table: nouns.snake,
    nouns_text: spaced(nouns),
    stamp: now.toISOString().replaceAll(/\D/g, '').slice(0, 14),
  };
}

function requireFree(names: ServiceNames): void {
  const { kebab } = names.service;
  if (existsSync(inRoot('apps', kebab)) || existsSync(inRoot('prisma', kebab)))
    throw new Failure(`there is a service ${kebab} already`, `It is in apps/${kebab} and prisma/${kebab}.`);
  const [taken] = takenBy(names);
  if (taken) throw new Failure(`${taken} is taken`, 'Choose another name for the service, or another --noun.');
}

/** Other things that have a name which the service would use. */
function takenBy({ service: { kebab }, noun }: ServiceNames): string[] {
  const isPackage = readFileSync(inRoot('package-lock.json'), 'utf8').includes(`"node_modules/@sluice/${kebab}"`);
  const isContainer = new RegExp(`^ {2}${kebab}:$`, 'm').test(readFileSync(inRoot('docker-compose.yml'), 'utf8'));
  const contracts = [`${noun.pascal}Count`, `Get${noun.pascal}Count`].filter(isContract);
  return [
    ...(isPackage ? [`the package @sluice/${kebab}`] : []),
    ...(isContainer ? [`the container ${kebab}`] : []),
    ...contracts.map((name) => `the contract ${name}`),
  ];
}

const isContract = (name: string): boolean => contractFiles().some((text) => new RegExp(`const ${name}\\b`).test(text));

const contractFiles = (): string[] =>
  readdirSync(inRoot('libs/contracts/src'))
    .filter((file) => file.endsWith('.ts'))
    .map((file) => readFileSync(inRoot('libs/contracts/src', file), 'utf8'));

function addContracts(draft: Draft, { service }: ServiceNames): void {
  const module = `./${service.kebab}.js`;
  draft.edit('libs/contracts/src/index.ts', (text) => addReexport(text, module));
  draft.edit('libs/contracts/src/catalogue.ts', (text) =>
    addProperty(
      addImportLine(text, `import * as ${service.camel} from '${module}';`),
      ['CATALOGUE'],
      `${quotedKey(service)}: contractsOf(${service.camel})`,
    ),
  );
}

const addToMap = (draft: Draft, { service, noun }: ServiceNames): void =>
  draft.edit('topology/src/map.ts', (text) =>
    addProperty(
      text,
      ['SERVICES'],
      `${quotedKey(service)}: {
        queries: [c.Get${noun.pascal}Count],
        events: [c.OrderCompleted],
        ops: about('${service.kebab}'),
      }`,
    ),
  );

/** The gateway sends a query only on behalf of a client, so each query has a route. */
const addToGateway = (draft: Draft, { service }: ServiceNames): void =>
  draft.edit('apps/gateway/src/gateway.module.ts', (text) => {
    const controller = `${service.pascal}Controller`;
    const imported = addImport(text, controller, `./${service.kebab}/${service.kebab}.controller.js`);
    return addElement(imported, ['CONTROLLERS'], controller);
  });

/** The files that cannot follow from the manifest: specs compare them with it (cli/src/repository). */
function addToDeployment(draft: Draft, { service }: ServiceNames): void {
  draft.edit('docker-compose.yml', (text) => addContainer(text, service.kebab));
  draft.edit('deploy/observability/prometheus/prometheus.yml', (text) => addScrapeTarget(text, service.kebab));
  draft.edit('deploy/observability/prometheus/alerts.yml', (text) => addToServiceDown(text, service.kebab));
  addToKubernetes(draft, service.kebab);
}

function addToKubernetes(draft: Draft, service: string): void {
  const edit = (file: string, change: (text: string, service: string) => string): void =>
    draft.edit(`deploy/kubernetes/${file}`, (text) => change(text, service));
  edit('base/services/kustomization.yaml', addManifest);
  edit('components/scaling/kustomization.yaml', addManifest);
  edit('components/production/kustomization.yaml', addImage);
  edit('components/external-secrets/secrets.yaml', addExternalSecret);
  edit('components/monitoring/alerts.yaml', addToServiceDown);
}

/** A line of the report, and for its spec a row that breaks one of its conditions. */
function addToAudit(draft: Draft, { service, nouns }: ServiceNames): void {
  const [key, what] = [quotedKey(service), spaced(nouns)];
  draft.edit('audit/src/checks.ts', (text) =>
    addElement(
      text,
      ['INVARIANTS'],
      `{
        name: '${service.kebab}',
        holds: '${what} count the orders that were completed, each once',
        orderRows: [],
        tables: [{ service: '${service.kebab}', table: '${nouns.snake}', counts: '${what}' }],
      }`,
    ),
  );
  draft.edit('audit/src/testing/consistent-shop.ts', (text) =>
    addProperty(text, ['CONSISTENT_SHOP'], `${key}: { tables: '${nouns.snake}, counted_orders', sql: () => '' }`),
  );
  draft.edit('audit/src/audit.spec.ts', (text) => addProperty(text, ['BREAKS'], `${key}: ${breakOf(service, nouns)}`));
}

const breakOf = (service: Name, nouns: Name): string => `[
  () =>
    query(
      '${service.kebab}',
      \`INSERT INTO counted_orders (order_id, user_id, version) VALUES ('\${uuid(1)}', '\${uuid(2)}', 1)\`,
    ),
  { '${service.kebab}.${nouns.snake}_count_their_orders': [uuid(2)] },
]`;

const spaced = ({ kebab }: Name): string => kebab.replaceAll('-', ' ');

/** A property's name, in quotes only where it needs them. */
const quotedKey = ({ kebab, camel }: Name): string => (kebab === camel ? kebab : `'${kebab}'`);

/** The compiler's list of projects, and npm's list of workspaces. */
function addToWorkspace(draft: Draft, { service }: ServiceNames): void {
  const folder = `apps/${service.kebab}`;
  const manifest = JSON.parse(draft.read(`${folder}/package.json`)) as Workspace;
  const workspace = { ...manifest, folder };
  draft.edit('tsconfig.build.json', (text) => addProject(text, folder));
  draft.edit('package-lock.json', (text) => lockWorkspace(text, workspace));
  if (draft.exists(INSTALLED)) draft.edit(INSTALLED, (text) => listLink(text, workspace));
}
