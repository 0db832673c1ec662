import { readFileSync } from 'node:fs';
import { format } from 'prettier';
import { describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
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

const read = (file: string): string => readFileSync(inRoot(file), 'utf8');
/** The lines that only the second text has. */
const added = (before: string, after: string): string[] => {
  const lines = new Set(before.split('\n'));
  return after.split('\n').filter((line) => !lines.has(line));
};

describe('addContainer', () => {
  const before = read('docker-compose.yml');
  const after = addContainer(before, 'loyalty');
  const services = (text: string) => (parse(text, { merge: true }) as { services: Record<string, object> }).services;

  it('adds a service like the others, and changes none', () => {
    const { loyalty, ...others } = services(after);
    expect(others).toEqual(services(before));
    expect(Object.keys(services(after))).toEqual(
      Object.keys(services(before)).flatMap((name) => (name === 'flash-sale' ? [name, 'loyalty'] : [name])),
    );
    expect(loyalty).toMatchObject({ image: 'sluice/loyalty', build: { args: { SERVICE: 'loyalty' } } });
    expect(JSON.parse(JSON.stringify(loyalty))).toHaveProperty('environment.AMQP_URL_FILE');
  });
});

describe('addScrapeTarget', () => {
  const before = read('deploy/observability/prometheus/prometheus.yml');
  const targets = (text: string) =>
    (parse(text) as { scrape_configs: { dns_sd_configs: { names: string[] }[] }[] }).scrape_configs[0]
      ?.dns_sd_configs[0]?.names;

  it('adds a service to the targets of the first job, and another one once Prettier has broken the line', async () => {
    const one = await format(addScrapeTarget(before, 'loyalty'), { parser: 'yaml', printWidth: 120 });
    const two = await format(addScrapeTarget(one, 'gift-cards'), { parser: 'yaml', printWidth: 120 });
    expect(targets(addScrapeTarget(two, 'reviews'))).toEqual([...targets(before)!, 'loyalty', 'gift-cards', 'reviews']);
  });
});

describe('addToServiceDown', () => {
  it('adds a service to the alert', () => {
    const before = read('deploy/observability/prometheus/alerts.yml');
    expect(added(before, addToServiceDown(before, 'loyalty'))).toEqual(['          or absent(up{service="loyalty"})']);
  });

  it('adds a service to its copy for Kubernetes, which is further in', () => {
    const before = read('deploy/kubernetes/components/monitoring/alerts.yaml');
    expect(added(before, addToServiceDown(before, 'loyalty'))).toEqual([
      '            or absent(up{service="loyalty"})',
    ]);
  });
});

describe('the files of Kubernetes', () => {
  const kubernetes = (file: string): string => read(`deploy/kubernetes/${file}`);

  it.each(['base/services', 'components/scaling'])('get the file of a service: %s', (folder) => {
    const before = kubernetes(`${folder}/kustomization.yaml`);
    const resources = (text: string) => (parse(text) as { resources: string[] }).resources;
    expect(resources(addManifest(before, 'loyalty'))).toEqual([...resources(before), 'loyalty.yaml']);
  });

  it('get the image of a service, from the registry of the others', () => {
    const before = kubernetes('components/production/kustomization.yaml');
    const images = (text: string) => (parse(text) as { images: object[] }).images;
    const loyalty = { name: 'sluice/loyalty', newName: 'registry.example.com/sluice/loyalty', newTag: '0.1.0' };
    expect(images(addImage(before, 'loyalty'))).toEqual([...images(before), loyalty]);
  });

  it('get the Secret of a service from the store', () => {
    const before = kubernetes('components/external-secrets/secrets.yaml');
    const documents = (text: string) => parseAllDocuments(text).map((document) => document.toJS() as object);
    const after = documents(addExternalSecret(before, 'loyalty'));
    expect(after.slice(0, -1)).toEqual(documents(before));
    expect(after.at(-1)).toMatchObject({
      metadata: { name: 'loyalty' },
      spec: { target: { name: 'loyalty' }, dataFrom: [{ extract: { key: 'loyalty' } }] },
    });
  });
});

describe('addProject', () => {
  it('adds a project behind the other services', () => {
    const { references } = JSON.parse(addProject(read('tsconfig.build.json'), 'apps/loyalty')) as {
      references: { path: string }[];
    };
    const paths = references.map(({ path }) => path);
    expect(paths[paths.indexOf('./apps/loyalty') - 1]).toBe('./apps/flash-sale');
  });
});

describe('a file that looks different', () => {
  it.each([addContainer, addScrapeTarget, addToServiceDown, addManifest, addImage, addExternalSecret])(
    'is reported, and not guessed: %o',
    (edit) => {
      expect(() => edit('', 'loyalty')).toThrow('was not found');
    },
  );
});
