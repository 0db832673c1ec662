import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { OVERLAYS } from '@sluice/stack/kubernetes/secrets';
import { inRoot } from '@sluice/stack/workspace';
import { render } from '../testing/kustomize.js';
import { titleOf, type Manifest } from '../testing/manifest.js';
import { containersOf, hasLabels, podsOf, type Container, type Pods, type Probe } from '../testing/pods.js';

interface Service extends Manifest {
  spec: { selector: Record<string, string>; ports: { name: string; port: number; targetPort: string }[] };
}

/** A process stops within this after its signal, in seconds: STOP_DEADLINE_MS of libs/service-kit/src/shutdown.ts. */
const STOPS_WITHIN = Number(
  /STOP_DEADLINE_MS = (\d+)_000/.exec(readFileSync(inRoot('libs/service-kit/src/shutdown.ts'), 'utf8'))?.[1],
);

const kindsOf = <M extends Manifest>(manifests: readonly Manifest[], ...kinds: string[]): M[] =>
  manifests.filter(({ kind }) => kinds.includes(kind)) as M[];

/** One line for each container of which the condition does not hold. */
const faultyContainers = (pods: readonly Pods[], holds: (container: Container) => boolean): string[] =>
  pods.flatMap(({ title, spec }) =>
    containersOf(spec)
      .filter((container) => !holds(container))
      .map(({ name }) => `${title}, container ${name}`),
  );

describe.each(OVERLAYS)('every pod of %s', (overlay) => {
  const manifests = render(`overlays/${overlay}`);
  const pods = podsOf(manifests);
  const faultyPods = (holds: (pod: Pods) => boolean) => pods.filter((pod) => !holds(pod)).map(({ title }) => title);

  it('runs as an unprivileged user, without the token of a service account', () => {
    expect(pods.length).toBeGreaterThan(10);
    const isHardened = ({ spec }: Pods): boolean =>
      spec.automountServiceAccountToken === false &&
      spec.enableServiceLinks === false &&
      spec.securityContext?.['runAsNonRoot'] === true &&
      Number(spec.securityContext['runAsUser']) > 0 &&
      JSON.stringify(spec.securityContext['seccompProfile']) === '{"type":"RuntimeDefault"}';
    expect(faultyPods(isHardened)).toEqual([]);
  });

  it('can write to no image, gains no rights, and has no capability', () => {
    const HARDENED = { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } };
    const isHardened = ({ securityContext }: Container): boolean =>
      JSON.stringify(securityContext) === JSON.stringify(HARDENED);
    expect(faultyContainers(pods, isHardened)).toEqual([]);
  });

  it('has limits of memory and processor, and says how much it needs', () => {
    const isLimited = ({ resources = {} }: Container): boolean =>
      [resources.requests, resources.limits].every((amounts) => amounts?.['cpu'] && amounts['memory']);
    expect(faultyContainers(pods, isLimited)).toEqual([]);
  });

  it('mounts volumes that it has', () => {
    const missing = pods.flatMap(({ title, spec }) => {
      const volumes = (spec.volumes ?? []).map(({ name }) => name);
      return containersOf(spec)
        .flatMap(({ volumeMounts = [] }) => volumeMounts.map(({ name }) => name))
        .filter((name) => !volumes.includes(name) && name !== 'data') // a volume claim of its StatefulSet
        .map((name) => `${title}: ${name}`);
    });
    expect(missing).toEqual([]);
  });

  it('is probed on a port that it has, unless it ends by itself', () => {
    const lasting = pods.filter(({ title }) => !/^(Cron)?Job /.test(title));
    const isProbed = (container: Container): boolean =>
      [container.startupProbe, container.readinessProbe].every((probe) => probe && reaches(container, probe));
    expect(faultyContainers(lasting, isProbed)).toEqual([]);
  });

  it('has the time that it takes to stop', () => {
    const services = pods.filter(({ labels }) => labels['app.kubernetes.io/component'] === 'service');
    const needs = ({ spec }: Pods): number =>
      STOPS_WITHIN + Math.max(...spec.containers.map(({ lifecycle }) => lifecycle?.preStop?.sleep?.seconds ?? 0));
    const short = services.filter((pod) => Number(pod.spec.terminationGracePeriodSeconds) < needs(pod) + 2);
    expect(short.map(({ title }) => title)).toEqual([]);
    expect(services.length).toBeGreaterThan(8);
  });
});

const reaches = ({ ports = [] }: Container, { httpGet, tcpSocket, exec }: Probe): boolean => {
  const port = httpGet?.port ?? tcpSocket?.port;
  return exec !== undefined || ports.some(({ name }) => name === port);
};

describe.each(OVERLAYS)('the objects of %s', (overlay) => {
  const manifests = render(`overlays/${overlay}`);
  const pods = podsOf(manifests);
  const services = kindsOf<Service>(manifests, 'Service');

  it('belong to a stage, by which they are applied in their order', () => {
    const STAGES: Record<string, string[]> = {
      foundation: ['Namespace', 'ConfigMap', 'NetworkPolicy', 'StatefulSet', 'RabbitmqCluster', 'Cluster'],
      steps: ['Job'],
      services: ['Deployment', 'CronJob', 'ScaledObject', 'ServiceMonitor'],
    };
    const stageOf = ({ metadata }: Manifest): string => metadata.labels?.['sluice/stage'] ?? '';
    const dashboards = ({ metadata }: Manifest): boolean => metadata.name.startsWith('dashboard-');
    const wrong = manifests.filter((manifest) => {
      const wanted = Object.keys(STAGES).find((stage) => STAGES[stage]?.includes(manifest.kind));
      return !dashboards(manifest) && (wanted ? stageOf(manifest) !== wanted : !(stageOf(manifest) in STAGES));
    });
    expect(wrong.map(titleOf)).toEqual([]);
  });

  it('reach a port of a container by every Service', () => {
    const lost = services.flatMap(({ metadata, spec }) =>
      spec.ports
        .filter(({ targetPort }) => {
          const selected = pods.filter(({ labels }) => hasLabels(labels, spec.selector));
          const named = selected.flatMap((pod) => pod.spec.containers.flatMap(({ ports = [] }) => ports));
          return selected.length !== 1 || !named.some(({ name }) => name === targetPort);
        })
        .map(({ name }) => `Service ${metadata.name}, port ${name}`),
    );
    expect(lost).toEqual([]);
  });

  it('select pods that are there', () => {
    const selectors = kindsOf<Manifest & { spec: { selector: { matchLabels: Record<string, string> } } }>(
      manifests,
      'Deployment',
      'StatefulSet',
      'PodDisruptionBudget',
    );
    const OPERATED = [{ 'sluice/server': 'broker' }, { 'sluice/server': 'postgres' }];
    const labels = [...pods.map((pod) => pod.labels), ...(overlay === 'production' ? OPERATED : [])];
    const lost = selectors.filter(
      ({ spec }) => labels.filter((one) => hasLabels(one, spec.selector.matchLabels)).length !== 1,
    );
    expect(lost.map(titleOf)).toEqual([]);
    expect(selectors.length).toBeGreaterThan(17);
  });

  it('scale, watch and route to what is there', () => {
    const targets = [
      ...kindsOf<Manifest & { spec: { scaleTargetRef: { name: string } } }>(manifests, 'ScaledObject').map(
        ({ spec }) => `Deployment ${spec.scaleTargetRef.name}`,
      ),
      ...kindsOf<Manifest & { spec: { triggers: { authenticationRef?: { name: string } }[] } }>(
        manifests,
        'ScaledObject',
      )
        .flatMap(({ spec }) => spec.triggers.flatMap(({ authenticationRef }) => authenticationRef ?? []))
        .map(({ name }) => `TriggerAuthentication ${name}`),
      ...kindsOf<Route>(manifests, 'HTTPRoute').flatMap(({ spec }) => [
        ...spec.parentRefs.map(({ name }) => `Gateway ${name}`),
        ...spec.rules.flatMap(({ backendRefs }) => backendRefs.map(({ name, port }) => `Service ${name}:${port}`)),
      ]),
    ];
    const there = [
      ...manifests.map(titleOf),
      ...services.flatMap(({ metadata, spec }) => spec.ports.map(({ port }) => `Service ${metadata.name}:${port}`)),
    ];
    expect(targets.filter((target) => !there.includes(target))).toEqual([]);
    expect(targets.length > 0).toBe(overlay !== 'development');
  });

  it.skipIf(overlay === 'development')('give Prometheus every service by its Service', () => {
    const [monitor] = kindsOf<Monitor>(manifests, 'ServiceMonitor');
    const watched = services.filter(
      ({ metadata, spec }) =>
        hasLabels(metadata.labels ?? {}, monitor?.spec.selector.matchLabels) &&
        monitor?.spec.endpoints.every(({ port }) => spec.ports.some(({ name }) => name === port)),
    );
    expect(watched.map(({ metadata }) => metadata.name).sort()).toEqual(
      kindsOf(manifests, 'Deployment')
        .map(({ metadata }) => metadata.name)
        .sort(),
    );
  });
});

interface Route extends Manifest {
  spec: { parentRefs: { name: string }[]; rules: { backendRefs: { name: string; port: number }[] }[] };
}

interface Monitor extends Manifest {
  spec: { selector: { matchLabels: Record<string, string> }; endpoints: { port: string }[] };
}
