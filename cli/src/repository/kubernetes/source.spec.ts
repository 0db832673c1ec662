import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { OVERLAYS } from '@sluice/stack/kubernetes/secrets';
import { ADVANCED_CONFIG, configText, FIRST_CONTAINER } from '@sluice/stack/rabbitmq/settings';
import { allServices, inRoot } from '@sluice/stack/workspace';
import { readCompose } from '../testing/compose.js';
import { render } from '../testing/kustomize.js';
import type { Manifest } from '../testing/manifest.js';
import { differences, needsOf } from '../testing/needs.js';
import { podsOf, type Container, type Pods } from '../testing/pods.js';

const compose = readCompose();
const named = (manifests: readonly Manifest[], kind: string, name: string): Manifest | undefined =>
  manifests.find((manifest) => manifest.kind === kind && manifest.metadata.name === name);

/** Every variable that a container gets, with its value where the manifests say it. */
function variablesOf({ env = [], envFrom = [] }: Container, manifests: readonly Manifest[]): Record<string, string> {
  const maps = envFrom.map(({ configMapRef }) => named(manifests, 'ConfigMap', configMapRef?.name ?? '')?.['data']);
  const own = env.map(({ name, value = '' }) => [name, value]);
  return Object.assign({}, ...maps, Object.fromEntries(own)) as Record<string, string>;
}

describe.each(OVERLAYS)('deploy/kubernetes/overlays/%s', (overlay) => {
  const manifests = render(`overlays/${overlay}`);
  const pods = podsOf(manifests);
  const where = (service: string): string => `overlays/${overlay}: Deployment ${service}`;
  const podOf = (service: string): Pods => {
    const found = pods.find(({ title }) => title === `Deployment ${service}`);
    if (!found) throw new Error(`there is no Deployment ${service}`);
    return found;
  };
  const containerOf = (service: string): Container => {
    const [container] = podOf(service).spec.containers;
    if (!container) throw new Error(`${service} has no container`);
    return container;
  };

  it('has every service, and nothing that is none', () => {
    const has = manifests.filter(({ kind }) => kind === 'Deployment').map(({ metadata }) => metadata.name);
    expect(differences(`overlays/${overlay}`, 'the Deployment', { has, needs: allServices() })).toEqual([]);
  });

  it.each(allServices())('gives %s the variables that it reads, and no others', async (service) => {
    const { variables, files } = await needsOf(service);
    const has = Object.keys(variablesOf(containerOf(service), manifests));
    const needs = [...variables, ...files.map((name) => `${name}_FILE`)];
    expect(differences(where(service), 'the variable', { has, needs })).toEqual([]);
  });

  it.each(allServices())('gives %s its secrets as files that it mounts', async (service) => {
    const { files } = await needsOf(service);
    const given = variablesOf(containerOf(service), manifests);
    const mounts = (containerOf(service).volumeMounts ?? []).map(({ mountPath }) => mountPath);
    const lost = files.filter((name) => {
      const file = given[`${name}_FILE`] ?? '';
      return !mounts.some((folder) => file.startsWith(`${folder}/`)) || !/\/(ca\.crt|[A-Z_]+)$/.test(file);
    });
    expect(lost.map((name) => `${where(service)}: ${name}_FILE is in no volume`)).toEqual([]);
  });

  it.each(allServices())('runs the image of %s with the memory of its manifest', async (service) => {
    const { image, resources } = containerOf(service);
    expect(image).toMatch(new RegExp(`^(registry\\.example\\.com/)?sluice/${service}(:[\\d.]+)?$`));
    const has = [resources?.limits?.['memory'] ?? ''];
    const needs = [`${(await needsOf(service)).memoryMb}Mi`];
    expect(differences(where(service), 'the limit of memory', { has, needs })).toEqual([]);
  });

  it.each(allServices())('labels the pods of %s by what they talk to', async (service) => {
    const { networks } = await needsOf(service);
    const { labels } = podOf(service);
    const has = Object.keys(labels).filter((name) => /^sluice\/(database|outside)$/.test(name));
    const needs = networks.flatMap(
      (network) => ({ data: 'sluice/database', outside: 'sluice/outside' })[network] ?? [],
    );
    expect(differences(where(service), 'the label', { has, needs })).toEqual([]);
  });

  it.each(allServices())('publishes the port of %s for clients, if it has one', async (service) => {
    const { http } = await needsOf(service);
    const has = (containerOf(service).ports ?? []).map(({ name, containerPort }) => `${name} ${containerPort}`);
    const needs = ['metrics 9090', ...(http ? [`http ${http}`] : [])];
    expect(differences(where(service), 'the port', { has, needs })).toEqual([]);
  });

  it.each(['databases', 'topology'])(
    'runs the step %s with the variables that it has in docker-compose.yml',
    (step) => {
      const container = pods.find(({ title }) => title === `Job ${step}`)?.spec.containers[0];
      expect(container?.args).toEqual([step]);
      expect(container?.image).toMatch(/sluice\/setup/);
      // Of compose these are for the step `audit` alone; here they come with the authority, the passwords and KEDA's user.
      const notHere = step === 'databases' ? ['ORDER_DEADLINE_SECONDS', 'RETRY_TIERS_MS', 'OUTSIDE_TIERS_MS'] : [];
      const ours = ['AMQP_CA_FILE', 'DATABASE_CA_FILE', 'SET_DATABASE_PASSWORDS', 'MONITORING_USER'];
      const has = Object.keys(container ? variablesOf(container, manifests) : {}).filter(
        (name) => !ours.includes(name),
      );
      const needs = Object.keys(compose.service(step).environment ?? {}).filter((name) => !notHere.includes(name));
      expect(differences(`overlays/${overlay}: Job ${step}`, 'the variable', { has, needs })).toEqual([]);
    },
  );

  it('checks every night with the settings by which a check may differ', () => {
    const container = pods.find(({ title }) => title === 'CronJob audit')?.spec.containers[0];
    const given = Object.keys(container ? variablesOf(container, manifests) : {});
    const needs = ['ORDER_DEADLINE_SECONDS', 'RETRY_TIERS_MS', 'OUTSIDE_TIERS_MS', 'REPLICATED_QUEUES'];
    expect(needs.filter((name) => !given.includes(name))).toEqual([]);
  });

  it('starts in production as a production system, and nowhere else with the data of a development system', () => {
    const development = overlay === 'development';
    const settings = variablesOf(containerOf('accounts'), manifests);
    expect([settings['NODE_ENV'], settings['DEV_SEED']]).toEqual(
      development ? ['development', 'true'] : ['production', ''],
    );
  });
});

describe('the servers of Kubernetes', () => {
  const development = render('overlays/development');
  const production = render('overlays/production');

  it.each([
    ['broker', 'rabbitmq'],
    ['postgres', 'postgres'],
  ])('of development are those of docker-compose.yml: %s', (name, service) => {
    const { image, args = [] } =
      podsOf(development).find((pods) => pods.title === `StatefulSet ${name}`)?.spec.containers[0] ?? {};
    expect(image).toBe(compose.service(service).image);
    if (name === 'postgres') expect(args).toEqual(compose.service('postgres').command);
  });

  it('have the settings of every broker of ours in production', () => {
    const { rabbitmq, image } = named(production, 'RabbitmqCluster', 'broker')?.['spec'] as {
      rabbitmq: { additionalConfig: string; advancedConfig: string };
      image: string;
    };
    expect(image).toBe(compose.service('rabbitmq').image);
    expect(rabbitmq.advancedConfig).toBe(ADVANCED_CONFIG);
    // Its operator sets the log, and the users.
    const ours = Object.entries(FIRST_CONTAINER).filter(
      ([name]) => !['load_definitions', 'log.console'].includes(name),
    );
    expect(rabbitmq.additionalConfig).toBe(configText(Object.fromEntries(ours)));
  });

  it('replicate their queues where there are three nodes', () => {
    const step = podsOf(production).find(({ title }) => title === 'Job topology')?.spec.containers[0];
    expect(step && variablesOf(step, production)).toMatchObject({ REPLICATED_QUEUES: 'true' });
  });
});

describe('the monitoring of Kubernetes', () => {
  const manifests = render('overlays/production');
  const observability = (...names: string[]): string => readFileSync(inRoot('deploy/observability', ...names), 'utf8');

  it('has the alerts of docker compose', () => {
    const { groups } = named(manifests, 'PrometheusRule', 'sluice')?.['spec'] as { groups: unknown };
    expect(groups).toEqual((parse(observability('prometheus/alerts.yml')) as { groups: unknown }).groups);
  });

  it('has the jobs of docker compose, but that of Prometheus itself', () => {
    const { scrape_configs } = parse(observability('prometheus/prometheus.yml')) as {
      scrape_configs: { job_name: string; metrics_path?: string; params?: object }[];
    };
    const endpoints = manifests.flatMap(({ spec }) => {
      const { endpoints = [], podMetricsEndpoints = [] } = (spec ?? {}) as Record<string, Endpoint[]>;
      return [...endpoints, ...podMetricsEndpoints];
    });
    const has = endpoints.flatMap(({ path, params, relabelings = [] }) => {
      const job = relabelings.find(({ targetLabel }) => targetLabel === 'job')?.replacement;
      return job ? [JSON.stringify([job, path, params])] : [];
    });
    const needs = scrape_configs
      .filter(({ job_name }) => job_name !== 'prometheus')
      .map(({ job_name, metrics_path, params }) => JSON.stringify([job_name, metrics_path, params]));
    expect(differences('components/monitoring', 'the job', { has, needs })).toEqual([]);
  });

  it('has every dashboard', () => {
    const has = manifests
      .filter(({ metadata }) => metadata.labels?.['grafana_dashboard'] === '1')
      .flatMap(({ data }) => Object.keys(data as object));
    const needs = readdirSync(inRoot('deploy/observability/grafana/dashboards'));
    expect(differences('deploy/observability/grafana/kustomization.yaml', 'the dashboard', { has, needs })).toEqual([]);
  });
});

interface Endpoint {
  path?: string;
  params?: object;
  relabelings?: { targetLabel: string; replacement?: string }[];
}
