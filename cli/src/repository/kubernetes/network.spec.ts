import { describe, expect, it } from 'vitest';
import { OVERLAYS, type Overlay } from '@sluice/stack/kubernetes/secrets';
import { allServices, databaseServices, manifestOf } from '@sluice/stack/workspace';
import { render } from '../testing/kustomize.js';
import { isFields, type Fields, type Manifest } from '../testing/manifest.js';
import { differences } from '../testing/needs.js';
import { isHalfOpen, isOpen, policiesOf, portsOf, selects, type Endpoint } from '../testing/network-policies.js';
import { podsOf } from '../testing/pods.js';

const NAMESPACE = 'sluice';
const steps = ['databases', 'topology', 'audit'];
const servers = ['broker', 'postgres'];

/** Who may be reached, or reach in, from elsewhere; and somebody who may not. */
const ELSEWHERE: Endpoint[] = [
  { name: 'the proxies', namespace: 'envoy-gateway-system' },
  { name: 'prometheus', namespace: 'monitoring' },
  { name: 'keda', namespace: 'keda' },
  { name: 'the operator of postgres', namespace: 'cnpg-system' },
  { name: 'dns', namespace: 'kube-system', labels: { 'k8s-app': 'kube-dns' } },
  { name: 'a stranger', namespace: 'elsewhere' },
  { name: 'the internet', address: '203.0.113.7' },
  { name: 'a private network', address: '10.1.2.3' },
];
/** Ports that nothing here listens on. */
const OTHERS = [22, 80].map((port) => ({ port, protocol: 'TCP' }));

/** The pods of a rendered overlay, those that operators make too. */
function endpointsOf(manifests: readonly Manifest[]): Endpoint[] {
  const own = podsOf(manifests).map(({ name, labels }) => ({ name, labels }));
  return [...own, ...manifests.flatMap(operatedPods)].map((pods) => ({ ...pods, namespace: NAMESPACE }));
}

/** Labels of pods that an operator makes of its resource. */
function operatedPods({ kind, metadata, spec }: Manifest): { name: string; labels: Record<string, string> }[] {
  const of = (...path: string[]) =>
    path.reduce<unknown>((at, field) => (isFields(at) ? at[field] : undefined), spec) as Fields | undefined;
  const labels =
    kind === 'RabbitmqCluster'
      ? of('override', 'statefulSet', 'spec', 'template', 'metadata', 'labels')
      : kind === 'Cluster'
        ? of('inheritedMetadata', 'labels')
        : undefined;
  return labels ? [{ name: metadata.name, labels: labels as Record<string, string> }] : [];
}

/** Every way that is open, as a line: `orders → broker:5672`. */
function openWays(manifests: readonly Manifest[]): string[] {
  const policies = policiesOf(manifests);
  const inside = endpointsOf(manifests);
  const ports = [...portsOf(policies), ...OTHERS];
  const pairs = [...inside, ...ELSEWHERE].flatMap((from) => [...inside, ...ELSEWHERE].map((to) => ({ from, to })));
  return pairs
    .filter(({ from, to }) => inside.includes(from) || inside.includes(to))
    .flatMap((pair) => ports.map((port) => ({ ...pair, ...port })))
    .filter((way) => isOpen(policies, way))
    .map(({ from, to, port, protocol }) => `${from.name} → ${to.name}:${port}${protocol === 'UDP' ? '/UDP' : ''}`);
}

interface Place {
  amqp: number;
  management: number;
  prometheus: number;
  /** Where the servers are. */
  broker: string;
  postgres: string;
}

const TLS = { amqp: 5671, management: 15671, prometheus: 15691 };
const PLACES: Record<Overlay, Place> = {
  development: { amqp: 5672, management: 15672, prometheus: 15692, broker: 'broker', postgres: 'postgres' },
  production: { ...TLS, broker: 'broker', postgres: 'postgres' },
  'own-servers': { ...TLS, broker: 'a private network', postgres: 'a private network' },
};

/** What the map and the manifests need: messages by the broker, rows in the database, calls to providers, and no way else. */
const neededBySystem = ({ amqp, management, broker, postgres }: Place): string[] => [
  ...allServices().map((service) => `${service} → ${broker}:${amqp}`),
  ...databaseServices().map((service) => `${service} → ${postgres}:5432`),
  ...allServices().flatMap(providersOf),
  ...['topology', 'audit'].flatMap((step) => [`${step} → ${broker}:${amqp}`, `${step} → ${broker}:${management}`]),
  ...['databases', 'audit'].map((step) => `${step} → ${postgres}:5432`),
];

const SMTP_PORTS = [465, 587];

const providersOf = (service: string): string[] => {
  const variables = Object.keys(manifestOf(service).outside ?? {});
  const ports = variables.flatMap((variable) => (variable === 'SMTP_URL' ? SMTP_PORTS : [443]));
  return [...new Set(ports)].map((port) => `${service} → the internet:${port}`);
};

/** Names are asked for by everybody. */
const neededForNames = (pods: readonly string[]): string[] =>
  pods.flatMap((pod) => [`${pod} → dns:53`, `${pod} → dns:53/UDP`]);

const neededByCluster = ({ prometheus }: Place): string[] => [
  ...allServices()
    .filter((service) => manifestOf(service).http)
    .map((service) => `the proxies → ${service}:${manifestOf(service).http}`),
  ...allServices().flatMap((service) => [`prometheus → ${service}:9090`, `${service} → prometheus:4318`]),
  `prometheus → broker:${prometheus}`,
];

const toAnyAddress = (pod: string, ports: readonly number[]): string[] =>
  ['the internet', 'a private network'].flatMap((to) => ports.map((port) => `${pod} → ${to}:${port}`));

const neededByOperators = ({ management }: Place): string[] => [
  `keda → broker:${management}`,
  ...[4369, 25672, 35672].map((port) => `broker → broker:${port}`),
  ...['postgres', 'the operator of postgres'].flatMap((from) =>
    [5432, 8000].map((port) => `${from} → postgres:${port}`),
  ),
  'prometheus → postgres:9187',
  ...toAnyAddress('broker', [443, 6443]),
  ...toAnyAddress('postgres', [443, 6443]),
];

const NEEDED: Record<Overlay, string[]> = {
  development: [...neededBySystem(PLACES.development), ...neededForNames([...allServices(), ...steps, ...servers])],
  production: [
    ...neededBySystem(PLACES.production),
    ...neededForNames([...allServices(), ...steps, ...servers]),
    ...neededByCluster(PLACES.production),
    ...neededByOperators(PLACES.production),
  ],
  'own-servers': [
    ...neededBySystem(PLACES['own-servers']),
    ...neededForNames([...allServices(), ...steps]),
    ...neededByCluster(PLACES['own-servers']).filter((way) => !way.includes('→ broker')),
  ],
};

describe.each(OVERLAYS)('the network of %s', (overlay) => {
  const manifests = render(`overlays/${overlay}`);

  it('opens every way that the map, a manifest or an operator needs, and no other', () => {
    const has = openWays(manifests);
    expect(differences(`overlays/${overlay}`, 'the way', { has, needs: NEEDED[overlay] })).toEqual([]);
  });

  it('has no rule between two pods at one end that the other end lacks', () => {
    const [policies, pods] = [policiesOf(manifests), endpointsOf(manifests)];
    const ways = pods.flatMap((from) => pods.flatMap((to) => portsOf(policies).map((port) => ({ from, to, ...port }))));
    const half = ways.filter((way) => isHalfOpen(policies, way));
    expect(half.map(({ from, to, port }) => `${from.name} → ${to.name}:${port}`)).toEqual([]);
  });

  it('lets nobody in or out by default', () => {
    const somebody: Endpoint = { name: 'a new pod', namespace: NAMESPACE, labels: {} };
    const policies = policiesOf(manifests);
    const ways = [...endpointsOf(manifests), ...ELSEWHERE].flatMap((other) => [
      { from: somebody, to: other, port: 443, protocol: 'TCP' },
      { from: other, to: somebody, port: 443, protocol: 'TCP' },
    ]);
    expect(ways.filter((way) => isOpen(policies, way))).toEqual([]);
  });

  it('has no policy for pods that do not exist', () => {
    const pods = endpointsOf(manifests);
    // Those of the base for servers inside, where the servers are elsewhere.
    const inside = overlay === 'own-servers' ? ['broker', 'postgres', 'metrics-of-broker', 'keda-to-broker'] : [];
    const idle = policiesOf(manifests)
      .filter((policy) => !pods.some((pod) => selects(policy, pod)))
      .map(({ metadata }) => metadata.name);
    expect(idle.filter((name) => !inside.includes(name))).toEqual([]);
  });
});
