import { describe, expect, it } from 'vitest';
import { SERVICES, topology } from '@sluice/topology';
import { allServices } from '@sluice/stack/workspace';
import { render } from '../testing/kustomize.js';
import type { Manifest } from '../testing/manifest.js';
import { differences } from '../testing/needs.js';

interface Trigger {
  type: string;
  metadata: Record<string, string>;
}

interface ScaledObject extends Manifest {
  spec: { minReplicaCount: number; maxReplicaCount: number; triggers: Trigger[] };
}

const manifests = render('overlays/production');
const scaled = manifests.filter(({ kind }) => kind === 'ScaledObject') as ScaledObject[];
const scalingOf = (service: string): ScaledObject['spec'] => {
  const found = scaled.find(({ metadata }) => metadata.name === service);
  if (!found) throw new Error(`there is no ScaledObject ${service}`);
  return found.spec;
};
const consumers = Object.keys(SERVICES);
const queues = topology().queues.map(({ name }) => name);

/** Queues with work that can pile up: not those of operators, whose answers are of one process each. */
const workOf = (service: string): string[] =>
  Object.keys(SERVICES[service] ?? {})
    .filter((queue) => queue !== 'ops')
    .map((queue) => `${service}.${queue}`);

/** A process opens up to 6 connections: libs/persistence/src/pool.ts. */
const CONNECTIONS = 6;

describe('KEDA', () => {
  it('scales every service, and leaves the number of processes to it', () => {
    const has = scaled.map(({ metadata }) => metadata.name);
    expect(differences('components/scaling', 'the service', { has, needs: allServices() })).toEqual([]);
    const fixed = manifests.filter(({ kind, spec }) => kind === 'Deployment' && 'replicas' in (spec as object));
    expect(fixed).toEqual([]);
  });

  it.each(consumers)('scales %s by the length of its own queues, and by what comes into them', (service) => {
    for (const mode of ['QueueLength', 'MessageRate']) {
      const trigger = scalingOf(service).triggers.find(({ metadata }) => metadata['mode'] === mode);
      const pattern = new RegExp(trigger?.metadata['queueName'] ?? '^$');
      const has = queues.filter((queue) => pattern.test(queue));
      const needs = workOf(service).filter((queue) => queues.includes(queue));
      expect(differences(`components/scaling/${service}.yaml, ${mode}`, 'the queue', { has, needs })).toEqual([]);
      expect(Number(trigger?.metadata['value'])).toBeGreaterThan(0);
    }
  });

  it('lets no service go to zero, and keeps two of those without which the shop is shut', () => {
    const least = Object.fromEntries(scaled.map(({ metadata, spec }) => [metadata.name, spec.minReplicaCount]));
    const required = ['gateway', 'accounts', 'orders', 'inventory', 'payments', 'flash-sale'];
    expect(Object.entries(least).filter(([name, count]) => count < (required.includes(name) ? 2 : 1))).toEqual([]);
  });

  it('has flash-sale and the gateway ready before a sale opens', () => {
    for (const service of ['flash-sale', 'gateway']) {
      const cron = scalingOf(service).triggers.find(({ type }) => type === 'cron')?.metadata;
      expect(Number(cron?.['desiredReplicas']), service).toBeGreaterThan(scalingOf(service).minReplicaCount);
      expect(Number(cron?.['desiredReplicas']), service).toBeLessThanOrEqual(scalingOf(service).maxReplicaCount);
    }
  });

  it('opens no more connections than PostgreSQL takes, from all services and from one', () => {
    const { postgresql } = manifests.find(({ kind }) => kind === 'Cluster')?.['spec'] as {
      postgresql: { parameters: { max_connections: string } };
    };
    const most = Number(postgresql.parameters.max_connections);
    // A rollout has one process more of each service.
    const opened = consumers.map((service) => (scalingOf(service).maxReplicaCount + 1) * CONNECTIONS);
    expect(opened.reduce((sum, count) => sum + count, 0)).toBeLessThan(most - 10); // for administrators and replicas
    expect(Math.max(...opened)).toBeLessThanOrEqual(most / 4); // what the step `databases` allows to one role
  });
});
