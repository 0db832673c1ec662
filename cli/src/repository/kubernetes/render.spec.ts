import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { OVERLAYS } from '@sluice/stack/kubernetes/secrets';
import { render, renderFolder } from '../testing/kustomize.js';
import type { Manifest } from '../testing/manifest.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'kustomize-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const write = (file: string, text: string) => writeFileSync(path.join(folder, file), text);
const HEAD = 'apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n';
const rendered = (kustomization: string, resource = DEPLOYMENT): Manifest[] => {
  write('kustomization.yaml', `${HEAD}resources: [resource.yaml]\n${kustomization}`);
  write('resource.yaml', resource);
  return renderFolder(folder);
};

const DEPLOYMENT = `apiVersion: apps/v1
kind: Deployment
metadata: { name: orders, labels: { component: service } }
spec:
  template:
    spec:
      containers:
        - name: service
          image: sluice/orders
          env: [{ name: A, value: '1' }]
          envFrom: [{ configMapRef: { name: settings } }]
`;
const containerOf = ([manifest]: Manifest[]) =>
  (manifest as unknown as { spec: { template: { spec: { containers: object[] } } } }).spec.template.spec.containers[0];

describe('rendering', () => {
  it.each(OVERLAYS)('makes every object of %s once', (overlay) => {
    const titles = render(`overlays/${overlay}`).map(({ kind, metadata }) => `${kind} ${metadata.name}`);
    expect(new Set(titles).size).toBe(titles.length);
    expect(titles).toContain('Deployment gateway');
  });

  it('merges a patch by the names of a list’s elements, the new ones first', () => {
    const patch = `{ kind: Deployment, metadata: { name: any }, spec: { template: { spec: { containers: [
      { name: service, env: [{ name: B, value: '2' }, { name: A, value: '3' }] }] } } } }`;
    const merged = rendered(`patches: [{ patch: "${patch.replaceAll('\n', ' ')}", target: { kind: Deployment } }]`);
    expect(containerOf(merged)).toMatchObject({
      name: 'service',
      image: 'sluice/orders',
      env: [
        { name: 'B', value: '2' },
        { name: 'A', value: '3' },
      ],
    });
    expect(merged[0]?.metadata.name).toBe('orders');
  });

  it('puts a list of a kind that is not of Kubernetes itself in the place of the whole list', () => {
    const monitor = 'apiVersion: monitoring.coreos.com/v1\nkind: PodMonitor\nmetadata: { name: m }\n';
    const [patched] = rendered(
      `patches: [{ patch: "{ kind: PodMonitor, metadata: { name: m }, spec: { ports: [{ port: 2 }] } }" }]`,
      `${monitor}spec: { ports: [{ port: 1 }, { port: 2 }] }\n`,
    );
    expect(patched?.['spec']).toEqual({ ports: [{ port: 2 }] });
  });

  it('patches the objects whose labels a selector names, and no others', () => {
    const patch = (selector: string) =>
      `patches: [{ patch: "[{ op: add, path: /spec/paused, value: true }]", target: { kind: Deployment, labelSelector: '${selector}' } }]`;
    expect(rendered(patch('component=service'))[0]).toMatchObject({ spec: { paused: true } });
    expect(() => rendered(patch('component=step'))).toThrow(/nothing is .*component=step/);
    expect(() => rendered(patch('component!=service'))).toThrow(/nothing is/);
  });

  it('applies operations, and refuses one at a path that is not there', () => {
    const operation = (text: string) => `patches: [{ patch: "[${text}]", target: { kind: Deployment, name: orders } }]`;
    const container = '/spec/template/spec/containers/0';
    expect(
      containerOf(rendered(operation(`{ op: replace, path: ${container}/env/0/value, value: '9' }`))),
    ).toMatchObject({
      env: [{ name: 'A', value: '9' }],
    });
    expect(containerOf(rendered(operation(`{ op: add, path: ${container}/env/-, value: { name: C } }`)))).toMatchObject(
      {
        env: [{ name: 'A', value: '1' }, { name: 'C' }],
      },
    );
    expect(containerOf(rendered(operation(`{ op: remove, path: ${container}/env }`)))).not.toHaveProperty('env');
    expect(() => rendered(operation('{ op: replace, path: /spec/replicas, value: 2 }'))).toThrow(
      'there is nothing at /spec/replicas to replace',
    );
  });

  it('names a ConfigMap by its content, as kustomize does, and everything that refers to it', () => {
    write('settings.env', '# a comment\nDEV_SEED=\n');
    const [deployment, settings] = rendered('configMapGenerator: [{ name: settings, envs: [settings.env] }]');
    // Printed by kustomize 4.5.4 for this content.
    expect(settings?.metadata.name).toBe('settings-862ghm9b7f');
    expect(containerOf([deployment!])).toMatchObject({ envFrom: [{ configMapRef: { name: 'settings-862ghm9b7f' } }] });
  });

  it('merges settings into those of the base', () => {
    write('settings.env', 'A=1\nB=\n');
    const [, settings] = rendered(`configMapGenerator:
  - { name: settings, envs: [settings.env] }
  - { name: settings, behavior: merge, literals: [B=2=2] }`);
    expect(settings?.['data']).toEqual({ A: '1', B: '2=2' });
    expect(() => rendered('configMapGenerator: [{ name: none, behavior: merge, literals: [B=2] }]')).toThrow(
      'there is no ConfigMap none to merge into',
    );
    write('settings.env', 'NAME_WITHOUT_VALUE\n');
    expect(() => rendered('configMapGenerator: [{ name: settings, envs: [settings.env] }]')).toThrow(
      'is not NAME=value',
    );
  });

  it('sets namespace, labels and images', () => {
    const [deployment] = rendered(`namespace: sluice
labels: [{ pairs: { stage: services } }]
images: [{ name: sluice/orders, newName: registry.example.com/orders, newTag: '2' }]`);
    expect(deployment?.metadata).toEqual({
      name: 'orders',
      namespace: 'sluice',
      labels: { component: 'service', stage: 'services' },
    });
    expect(containerOf([deployment!])).toMatchObject({ image: 'registry.example.com/orders:2' });
  });

  it.each([
    ['a feature that it does not know', 'replacements: []', 'Unrecognized key: "replacements"'],
    ['a file that is not there', 'components: [nowhere]', 'ENOENT'],
    ['an object twice', 'components: []', 'Deployment orders twice', DEPLOYMENT + '---\n' + DEPLOYMENT],
  ])('refuses %s', (_, kustomization, message, resource?: string) => {
    expect(() => rendered(kustomization, resource)).toThrow(message);
  });
});
