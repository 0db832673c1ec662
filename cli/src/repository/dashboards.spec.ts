import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { register } from 'prom-client';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { catalogue } from '@sluice/contracts';
import { metricsText } from '../../../libs/service-kit/src/metrics.js';
import { topology } from '@sluice/topology';
import { allServices, inRoot } from '@sluice/stack/workspace';
import { aliasesOf, readCompose } from './testing/compose.js';
import { differences } from './testing/needs.js';

interface Alert {
  alert: string;
  expr: string;
  labels: { severity: string };
  annotations: Record<string, string>;
}

interface Panel {
  id: number;
  title: string;
  type: string;
  targets: { expr: string; legendFormat: string; datasource: { uid: string } }[];
}

interface Dashboard {
  uid: string;
  title: string;
  panels: Panel[];
  links: { url: string }[];
}

interface ScrapeConfig {
  job_name: string;
  dns_sd_configs: { names: string[]; port: number; type: string }[];
}

const inFolder = (...names: string[]): string => inRoot('deploy/observability', ...names);
const yaml = <T>(file: string): T => parse(readFileSync(inFolder(file), 'utf8')) as T;
const compose = readCompose();
const prometheus = yaml<{ scrape_configs: ScrapeConfig[] }>('prometheus/prometheus.yml');
const alerts = yaml<{ groups: { rules: Alert[] }[] }>('prometheus/alerts.yml').groups.flatMap(({ rules }) => rules);
const dashboards = readdirSync(inFolder('grafana/dashboards')).map(
  (file) => JSON.parse(readFileSync(inFolder('grafana/dashboards', file), 'utf8')) as Dashboard,
);
const panels = dashboards.flatMap((board) =>
  board.panels.filter(({ type }) => type !== 'row').map((panel) => ({ ...panel, board: board.title })),
);

/** Every query that Prometheus receives, by its place. */
const expressions: [place: string, expr: string][] = [
  ...alerts.map(({ alert, expr }): [string, string] => [alert, expr]),
  ...panels.flatMap(({ board, title, targets }) =>
    targets.map(({ expr }): [string, string] => [`${board}, ${title}`, expr]),
  ),
];

/** Metrics of RabbitMQ's plugin and of Prometheus itself, with their labels. */
const EXTERNAL: Record<string, string[]> = {
  up: ['instance'],
  rabbitmq_detailed_queue_messages: ['queue', 'vhost'],
  rabbitmq_detailed_queue_messages_ready: ['queue', 'vhost'],
  rabbitmq_detailed_queue_consumers: ['queue', 'vhost'],
  rabbitmq_alarms_memory_used_watermark: [],
  rabbitmq_alarms_free_disk_space_watermark: [],
  rabbitmq_process_resident_memory_bytes: [],
  rabbitmq_resident_memory_limit_bytes: [],
  rabbitmq_disk_space_available_bytes: [],
  rabbitmq_disk_space_available_limit_bytes: [],
};
/** Labels that Prometheus adds to every metric that it scrapes (prometheus.yml). */
const TARGET = ['service', 'instance', 'job', '__name__'];

/** By name: the labels of every metric there is. */
const labelsByMetric = new Map(Object.entries(EXTERNAL));
const labelsOf = (metric: string): string[] => labelsByMetric.get(metric) ?? [];

/** The sources of libraries and apps that make metrics: to load one declares them. */
function sourcesWithMetrics(): string[] {
  const folders = ['libs', 'apps'].flatMap((kind) =>
    readdirSync(inRoot(kind)).map((name) => inRoot(kind, name, 'src')),
  );
  const files = folders.flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((file) => path.join(folder, file)),
  );
  const sources = files.filter((file) => file.endsWith('.ts') && !/\.spec\.ts$|\/generated\/|\/testing\//.test(file));
  return sources.filter((file) =>
    /new (Counter|Gauge|Histogram|Summary|ScrapeTimeGauge)\(/.test(readFileSync(file, 'utf8')),
  );
}

beforeAll(async () => {
  await metricsText(); // the process's own metrics begin with the first scrape
  for (const file of sourcesWithMetrics()) await import(file);
  const metrics = register.getMetricsAsArray() as unknown as {
    name: string;
    labelNames: string[];
    constructor: { name: string };
  }[];
  for (const { name, labelNames, constructor } of metrics) {
    const suffixes = constructor.name === 'Histogram' ? ['_bucket', '_sum', '_count'] : [''];
    for (const suffix of suffixes)
      labelsByMetric.set(`${name}${suffix}`, [...labelNames, ...(suffix === '_bucket' ? ['le'] : [])]);
  }
});

const metricsIn = (expr: string): string[] => [
  ...new Set(expr.match(/\b(?:sluice|rabbitmq|nodejs|process)_[a-z0-9_]+|\bup\b/g) ?? []),
];
/** Each selector with its metrics: `name{...}`, or `{__name__=~"a|b", ...}`. */
const selectorsIn = (expr: string): { metrics: string[]; labels: string[] }[] =>
  [...expr.matchAll(/([a-z0-9_]*)\{([^}]*)\}/g)].map(([, name = '', matchers = '']) => ({
    metrics: name ? [name] : metricsIn(matchers),
    labels: [...matchers.matchAll(/(\w+)\s*(?:=~|!~|!=|=)\s*"/g)].map(([, label = '']) => label),
  }));
const groupedBy = (expr: string): string[] =>
  [...expr.matchAll(/\b(?:by|on) \(([^)]*)\)/g)].flatMap(([, labels = '']) =>
    labels.split(',').map((label) => label.trim()),
  );
const valuesOf = (expr: string, label: string): string[] =>
  [...expr.matchAll(new RegExp(`\\b${label}="([^"]*)"`, 'g'))].map(([, value = '']) => value);

describe('dashboards and alerts', () => {
  it('know of metrics at all', () => {
    expect([...labelsByMetric.keys()]).toEqual(
      expect.arrayContaining([
        'sluice_http_requests_total',
        'sluice_handle_seconds_bucket',
        'sluice_sale_pieces',
        'process_cpu_seconds_total',
      ]),
    );
    expect(expressions.length).toBeGreaterThan(50);
  });

  it.each(expressions)('%s: asks for metrics that there are, by labels that they have', (_, expr) => {
    const metrics = metricsIn(expr);
    expect(metrics.length > 0 || expr.startsWith('vector(')).toBe(true);
    expect(metrics.filter((name) => !labelsByMetric.has(name))).toEqual([]);
    for (const selector of selectorsIn(expr)) {
      for (const name of selector.metrics)
        expect(
          selector.labels.filter((label) => ![...TARGET, ...labelsOf(name)].includes(label)),
          name,
        ).toEqual([]);
    }
    const labels = metrics.flatMap((name) => labelsOf(name));
    expect(groupedBy(expr).filter((label) => ![...TARGET, ...labels].includes(label))).toEqual([]);
  });

  it('name queues, messages and routes that there are', () => {
    const all = expressions.map(([, expr]) => expr).join('\n');
    const queues = topology({ retryTiersMs: [1_000] }).queues.map(({ name }) => name);
    const controllers = readdirSync(inRoot('apps/gateway/src'), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.controller.ts'))
      .map((file) => readFileSync(inRoot('apps/gateway/src', file), 'utf8'))
      .join('\n');
    expect(valuesOf(all, 'queue').filter((name) => !queues.includes(name))).toEqual([]);
    expect(valuesOf(all, 'type').filter((name) => !catalogue.has(name))).toEqual([]);
    expect(valuesOf(all, 'route').filter((route) => !controllers.includes(`@Controller('${route.slice(1)}')`))).toEqual(
      [],
    );
    for (const label of ['queue', 'type', 'route']) expect(valuesOf(all, label), label).not.toEqual([]);
  });

  it('label a line by what it is grouped by', () => {
    const wrong = panels.flatMap(({ title, targets }) =>
      targets
        .filter(({ expr, legendFormat }) =>
          (legendFormat.match(/(?<=\{\{)\w+/g) ?? []).some((label) => !groupedBy(expr).includes(label)),
        )
        .map(() => title),
    );
    expect(wrong).toEqual([]);
  });

  it('cover the four golden signals and the flash sale, each panel with a name of its own', () => {
    const rows = dashboards.flatMap((board) =>
      board.panels.filter(({ type }) => type === 'row').map(({ title }) => title),
    );
    expect(rows).toEqual(
      expect.arrayContaining(['Traffic', 'Errors', 'Latency', 'Saturation', 'The door', 'The pieces']),
    );
    for (const board of dashboards) {
      for (const key of ['id', 'title'] as const)
        expect(new Set(board.panels.map((panel) => panel[key])).size, `${board.title}: ${key}`).toBe(
          board.panels.length,
        );
    }
  });

  it('lead to each other, and ask the data sources that are provisioned', () => {
    const { datasources } = yaml<{ datasources: { uid: string; url: string }[] }>(
      'grafana/provisioning/datasources/datasources.yml',
    );
    const queried = panels.flatMap(({ targets }) => targets.map(({ datasource }) => datasource.uid));
    expect(new Set(queried)).toEqual(new Set(['prometheus']));
    expect(datasources.map(({ uid, url }) => [uid, url])).toEqual([
      ['prometheus', 'http://prometheus:9090'],
      ['jaeger', 'http://jaeger:16686'],
    ]);
    const links = dashboards.flatMap((board) => board.links.map(({ url }) => url));
    expect(links.sort()).toEqual(dashboards.map(({ uid }) => `/d/${uid}`).sort());
  });

  it('warn of everything with a cause, a summary and a word on what it means', () => {
    for (const { alert, labels, annotations } of alerts)
      expect([alert, labels.severity, Object.keys(annotations)]).toEqual([
        alert,
        expect.stringMatching(/^(warning|critical)$/),
        ['summary', 'description'],
      ]);
  });
});

describe('Prometheus', () => {
  const scraped = (job: string) =>
    prometheus.scrape_configs.find(({ job_name: name }) => name === job)?.dns_sd_configs[0];

  it('scrapes every process of every service, where its image serves metrics', () => {
    const { names = [], port, type } = scraped('sluice') ?? {};
    expect(differences('prometheus.yml', 'the target', { has: names, needs: allServices() })).toEqual([]);
    expect(type).toBe('A');
    expect(readFileSync(inRoot('Dockerfile'), 'utf8')).toContain(`HEALTH_PORT=${port}`);
    for (const name of [...names, 'prometheus']) expect(compose.service(name).networks, name).toContain('messages');
  });

  it('scrapes every node of the broker, and each of its queues', () => {
    for (const job of ['rabbitmq', 'rabbitmq-queues'])
      expect(scraped(job)).toEqual({ type: 'A', port: 15692, names: ['broker'] });
    const nodes = Object.entries(compose.services).filter(([, { image }]) => image?.startsWith('rabbitmq:'));
    for (const [name, container] of nodes) expect(aliasesOf(container, 'messages'), name).toContain('broker');
    expect(nodes).not.toEqual([]);
  });

  it('misses every service that is down', () => {
    const { expr = '' } = alerts.find(({ alert }) => alert === 'ServiceDown') ?? {};
    const has = valuesOf(expr, 'service');
    expect(differences('alerts.yml: ServiceDown', 'the service', { has, needs: allServices() })).toEqual([]);
  });
});

describe('the containers of the profile', () => {
  const names = ['prometheus', 'grafana', 'jaeger'];

  it.each(names)('%s has no more rights than its work needs, and is asked for', (name) => {
    const { read_only, cap_drop, security_opt, profiles, ports = [] } = compose.service(name);
    expect({ read_only, cap_drop, security_opt, profiles }).toEqual({
      read_only: true,
      cap_drop: ['ALL'],
      security_opt: ['no-new-privileges'],
      profiles: ['observability'],
    });
    expect(ports.length > 0 && ports.every((port) => String(port).startsWith('127.0.0.1:'))).toBe(true);
  });

  it('read what is in the repository', () => {
    const mounts = names
      .flatMap((name) => compose.service(name).volumes ?? [])
      .filter((mount) => typeof mount === 'string')
      .filter((mount) => mount.startsWith('./'))
      .map((mount) => mount.split(':'));
    for (const [from = '', , mode] of mounts)
      expect([readdirSync(inRoot(from)).length > 0, mode]).toEqual([true, 'ro']);
    expect(mounts).toHaveLength(2);
  });
});
