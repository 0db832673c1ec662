import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { kubernetesSecrets, OVERLAYS, type Overlay } from '@sluice/stack/kubernetes/secrets';
import { inRoot } from '@sluice/stack/workspace';
import { render } from '../testing/kustomize.js';
import { objectsIn, type Manifest } from '../testing/manifest.js';
import { differences } from '../testing/needs.js';
import { containersOf, podsOf } from '../testing/pods.js';

const OWN = {
  DATABASE_URL: 'postgresql://admin:a@db.internal/postgres',
  AMQP_URL: 'amqps://admin:b@mq.internal/shop',
  AMQP_MANAGEMENT_URL: 'https://admin:b@mq.internal:15671',
};

/** Made by an operator, with the keys that are used. */
const OPERATED: Record<Overlay, Record<string, string[]>> = {
  development: {},
  production: { 'postgres-ca': ['ca.crt'], 'shop-tls': [] },
  'own-servers': { 'shop-tls': [] },
};
/** Made by hand: docs/kubernetes.md says how. */
const BY_HAND: Record<string, string[]> = {
  'gateway-providers': ['CARD_GATEWAY_URL'],
  'payments-providers': ['CARD_GATEWAY_URL'],
  'logistics-providers': ['CARRIER_URL'],
  'notifications-providers': ['SMS_PROVIDER_URL', 'SMTP_URL'],
};
const FOR_BACKUPS = { backups: ['ACCESS_KEY_ID', 'SECRET_ACCESS_KEY', 'REGION'] };

/** The Secrets that there are, each with its keys. */
async function secretsFor(overlay: Overlay, manifests: readonly Manifest[]): Promise<Map<string, string[]>> {
  const printed = await kubernetesSecrets({ overlay, given: overlay === 'own-servers' ? OWN : {}, known: {} });
  const certificates = manifests
    .filter(({ kind }) => kind === 'Certificate')
    .map(({ spec }): [string, string[]] => [
      (spec as { secretName: string }).secretName,
      ['ca.crt', 'tls.crt', 'tls.key'],
    ]);
  return new Map([
    ...printed.map(({ metadata, stringData }): [string, string[]] => [metadata.name, Object.keys(stringData)]),
    ...certificates,
    ...Object.entries({ ...OPERATED[overlay], ...BY_HAND, ...(overlay === 'production' && FOR_BACKUPS) }),
  ]);
}

/** Fields of objects that name a Secret, by the field that holds the object. */
const HOLDERS = [
  'secretKeyRef',
  'secret',
  'externalSecret',
  'superuserSecret',
  'certificateRefs',
  'secretTargetRef',
  'tls',
  'ca',
];
const CREDENTIALS = ['accessKeyId', 'secretAccessKey', 'region'];

/** Every reference to a Secret, as `name` or `name/key`. */
function referencesIn(manifests: readonly Manifest[]): string[] {
  return manifests
    .filter(({ kind }) => kind !== 'Certificate')
    .flatMap((manifest) => [...objectsIn(manifest)])
    .flatMap(([field, fields]) => {
      const { name, secretName, key, items } = fields as Record<string, unknown>;
      if (typeof secretName === 'string')
        return Array.isArray(items) ? items.map((item: { key: string }) => `${secretName}/${item.key}`) : [secretName];
      if (![...HOLDERS, ...CREDENTIALS].includes(field) || typeof name !== 'string') return [];
      return [typeof key === 'string' ? `${name}/${key}` : name];
    });
}

describe.each(OVERLAYS)('%s', (overlay) => {
  const manifests = render(`overlays/${overlay}`);
  const pods = podsOf(manifests);

  it('refers to Secrets, and keys in them, that are printed by kubernetes:secrets, made by an operator, or described', async () => {
    const secrets = await secretsFor(overlay, manifests);
    const there = [...secrets].flatMap(([name, keys]) => [name, ...keys.map((key) => `${name}/${key}`)]);
    const references = referencesIn(manifests);
    expect(references.filter((reference) => !there.includes(reference))).toEqual([]);
    const unused = [...secrets.keys()].filter((name) => !references.some((one) => one.split('/')[0] === name));
    expect(unused).toEqual([]);
  });

  it('refers to ConfigMaps, and keys in them, that are there', () => {
    const there = manifests
      .filter(({ kind }) => kind === 'ConfigMap')
      .flatMap(({ metadata, data }) => [
        metadata.name,
        ...Object.keys(data as object).map((key) => `${metadata.name}/${key}`),
      ]);
    const references = pods.flatMap(({ spec }) =>
      containersOf(spec).flatMap(({ env = [], envFrom = [] }) => [
        ...envFrom.flatMap(({ configMapRef }) => configMapRef?.name ?? []),
        ...env.flatMap(({ valueFrom }) => {
          const { configMapKeyRef } = valueFrom ?? {};
          return configMapKeyRef ? [`${configMapKeyRef.name}/${configMapKeyRef.key}`] : [];
        }),
      ]),
    );
    expect(references.filter((reference) => !there.includes(reference))).toEqual([]);
    expect(references.length).toBeGreaterThan(25);
  });

  it('gives each pod the Secrets of its own name, and authorities without their keys', () => {
    const AUTHORITIES = ['broker-tls', 'postgres-ca'];
    const wrong = pods.flatMap(({ title, name, spec, labels }) => {
      const isStep = labels['app.kubernetes.io/component'] === 'step';
      const mounted = (spec.volumes ?? []).flatMap(({ secret }) => secret ?? []);
      const others = mounted.filter(({ secretName, items }) =>
        AUTHORITIES.includes(secretName)
          ? JSON.stringify(items?.map(({ key }) => key)) !== '["ca.crt"]'
          : secretName !== (isStep ? 'setup' : name),
      );
      return others.map(({ secretName }) => `${title}: ${secretName}`);
    });
    expect(wrong).toEqual([]);
  });
});

describe('the component external-secrets', () => {
  const manifests = render('components/external-secrets').filter(({ kind }) => kind === 'ExternalSecret');

  it('makes every Secret of production that is not made by an operator', async () => {
    const printed = await kubernetesSecrets({ overlay: 'production', given: {}, known: {} });
    const needs = [
      ...printed.map(({ metadata }) => metadata.name),
      ...Object.keys(BY_HAND),
      ...Object.keys(FOR_BACKUPS),
    ];
    const has = manifests.map(({ spec }) => (spec as { target: { name: string } }).target.name);
    expect(differences('components/external-secrets', 'the Secret', { has, needs })).toEqual([]);
  });
});

it('the document says how each Secret is made that nobody makes', () => {
  const page = readFileSync(inRoot('docs/kubernetes.md'), 'utf8');
  const missing = Object.entries({ ...BY_HAND, ...FOR_BACKUPS }).filter(
    ([name, keys]) => ![name, ...keys].every((word) => page.includes(word)),
  );
  expect(missing).toEqual([]);
});
