import { describe, expect, it } from 'vitest';
import { kubernetesSecrets, OVERLAYS } from '@sluice/stack/kubernetes/secrets';
import { render } from '../testing/kustomize.js';
import { titleOf, type Manifest } from '../testing/manifest.js';
import { faultsOf } from '../testing/schemas.js';

const faultsIn = async (manifests: readonly Manifest[]): Promise<string[]> =>
  (
    await Promise.all(
      manifests.map(async (manifest) => (await faultsOf(manifest)).map((fault) => `${titleOf(manifest)}: ${fault}`)),
    )
  ).flat();

/** Components that no overlay uses, as they are alone. */
const ALTERNATIVES = ['components/ingress', 'components/external-secrets'];

describe('the schemas of Kubernetes and of the operators', () => {
  it.each([...OVERLAYS.map((overlay) => `overlays/${overlay}`), ...ALTERNATIVES])(
    'allow every object of %s',
    async (folder) => {
      const manifests = render(folder);
      expect(manifests.length).toBeGreaterThan(1);
      expect(await faultsIn(manifests)).toEqual([]);
    },
  );

  it('allow the Secrets that npm run kubernetes:secrets prints', async () => {
    const secrets = await kubernetesSecrets({ overlay: 'production', given: {}, known: {} });
    expect(await faultsIn(secrets as unknown as Manifest[])).toEqual([]);
  });

  const service: Manifest = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'x' } };

  it.each([
    [
      'a field of the wrong type',
      { ...service, spec: { ports: [{ port: 'http' }] } },
      'spec.ports.0.port: must be integer',
    ],
    [
      'an unknown field',
      { ...service, spec: { ports: [{ port: 80, tagetPort: 80 }] } },
      'tagetPort: its kind has no such field',
    ],
    ['an unknown field at the top', { ...service, specs: {} }, 'specs: its kind has no such field'],
    ['a missing field', { ...service, apiVersion: 'apps/v1', kind: 'Deployment', spec: {} }, 'required property'],
    ['an unknown kind', { ...service, kind: 'Srevice' }, 'no schema of v1 Srevice is known'],
    [
      'an unknown field of an operator',
      {
        apiVersion: 'keda.sh/v1alpha1',
        kind: 'ScaledObject',
        metadata: { name: 'x' },
        spec: { scaleTargetRef: { name: 'x' }, triggers: [], minReplicas: 1 },
      },
      'spec.minReplicas: its kind has no such field',
    ],
    [
      'a value that an operator does not have',
      {
        apiVersion: 'keda.sh/v1alpha1',
        kind: 'ScaledObject',
        metadata: { name: 'x' },
        spec: {
          scaleTargetRef: { name: 'x' },
          triggers: [],
          fallback: { failureThreshold: 1, replicas: 1, behavior: 'none' },
        },
      },
      'must be equal to one of the allowed values',
    ],
    [
      'a field of a kind without a package',
      { ...render('overlays/production').find(({ kind }) => kind === 'RabbitmqCluster'), specs: {} },
      'Unrecognized key: "specs"',
    ],
  ])('find %s', async (_, manifest, fault) => {
    expect((await faultsOf(manifest as Manifest)).join('\n')).toContain(fault);
  });
});
