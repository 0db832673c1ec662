import type { ZodType } from 'zod';
import { isFields, type Manifest } from './manifest.js';
import { ObjectStore, RabbitmqCluster } from './operator-schemas.js';

/** A class of a package that carries the schemas of Kubernetes 1.36 or of an operator. */
type Kind = { prototype: { validate(): void } };
type Load = () => Promise<Kind>;

/** By API version and kind. */
const KINDS: Record<string, Load> = {
  'v1 ConfigMap': async () => (await import('kubernetes-models/v1/ConfigMap')).ConfigMap,
  'v1 Namespace': async () => (await import('kubernetes-models/v1/Namespace')).Namespace,
  'v1 Secret': async () => (await import('kubernetes-models/v1/Secret')).Secret,
  'v1 Service': async () => (await import('kubernetes-models/v1/Service')).Service,
  'apps/v1 Deployment': async () => (await import('kubernetes-models/apps/v1/Deployment')).Deployment,
  'apps/v1 StatefulSet': async () => (await import('kubernetes-models/apps/v1/StatefulSet')).StatefulSet,
  'batch/v1 CronJob': async () => (await import('kubernetes-models/batch/v1/CronJob')).CronJob,
  'batch/v1 Job': async () => (await import('kubernetes-models/batch/v1/Job')).Job,
  'policy/v1 PodDisruptionBudget': async () =>
    (await import('kubernetes-models/policy/v1/PodDisruptionBudget')).PodDisruptionBudget,
  'networking.k8s.io/v1 NetworkPolicy': async () =>
    (await import('kubernetes-models/networking.k8s.io/v1/NetworkPolicy')).NetworkPolicy,
  'networking.k8s.io/v1 Ingress': async () => (await import('kubernetes-models/networking.k8s.io/v1/Ingress')).Ingress,
  'gateway.networking.k8s.io/v1 Gateway': async () =>
    (await import('@kubernetes-models/gateway-api/gateway.networking.k8s.io/v1/Gateway')).Gateway,
  'gateway.networking.k8s.io/v1 HTTPRoute': async () =>
    (await import('@kubernetes-models/gateway-api/gateway.networking.k8s.io/v1/HTTPRoute')).HTTPRoute,
  'keda.sh/v1alpha1 ScaledObject': async () =>
    (await import('@kubernetes-models/keda/keda.sh/v1alpha1/ScaledObject')).ScaledObject,
  'keda.sh/v1alpha1 TriggerAuthentication': async () =>
    (await import('@kubernetes-models/keda/keda.sh/v1alpha1/TriggerAuthentication')).TriggerAuthentication,
  'monitoring.coreos.com/v1 ServiceMonitor': async () =>
    (await import('@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1/ServiceMonitor')).ServiceMonitor,
  'monitoring.coreos.com/v1 PodMonitor': async () =>
    (await import('@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1/PodMonitor')).PodMonitor,
  'monitoring.coreos.com/v1 PrometheusRule': async () =>
    (await import('@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1/PrometheusRule')).PrometheusRule,
  'cert-manager.io/v1 Issuer': async () =>
    (await import('@kubernetes-models/cert-manager/cert-manager.io/v1/Issuer')).Issuer,
  'cert-manager.io/v1 Certificate': async () =>
    (await import('@kubernetes-models/cert-manager/cert-manager.io/v1/Certificate')).Certificate,
  'postgresql.cnpg.io/v1 Cluster': async () =>
    (await import('@kubernetes-models/cloudnative-pg/postgresql.cnpg.io/v1/Cluster')).Cluster,
  'postgresql.cnpg.io/v1 ScheduledBackup': async () =>
    (await import('@kubernetes-models/cloudnative-pg/postgresql.cnpg.io/v1/ScheduledBackup')).ScheduledBackup,
  'external-secrets.io/v1 ExternalSecret': async () =>
    (await import('@kubernetes-models/external-secrets/external-secrets.io/v1/ExternalSecret')).ExternalSecret,
  'external-secrets.io/v1 SecretStore': async () =>
    (await import('@kubernetes-models/external-secrets/external-secrets.io/v1/SecretStore')).SecretStore,
};

/** Kinds that no package of the registry carries. */
const OURS: Record<string, ZodType> = {
  'rabbitmq.com/v1beta1 RabbitmqCluster': RabbitmqCluster,
  'barmancloud.cnpg.io/v1 ObjectStore': ObjectStore,
};

/** What the schema of its kind has against an object: a line for each fault, also for a field that the kind does not have. */
export async function faultsOf(manifest: Manifest): Promise<string[]> {
  const name = `${manifest.apiVersion} ${manifest.kind}`;
  const ours = OURS[name];
  if (ours)
    return (ours.safeParse(manifest).error?.issues ?? []).map(({ path, message }) => `${path.join('.')}: ${message}`);
  const load = KINDS[name];
  return load ? faultsBy(await load(), manifest) : [`no schema of ${name} is known`];
}

/**
 * The packages' validators accept unknown fields. Each reads every field that its schema has and no other, so a field
 * that was never read is unknown.
 */
function faultsBy(kind: Kind, manifest: Manifest): string[] {
  const read = new Set<string>();
  try {
    kind.prototype.validate.call(watched(manifest, '', read));
  } catch (error) {
    return errorsOf(error);
  }
  return unread(manifest, '', read).map((field) => `${field}: its kind has no such field`);
}

/** @throws the error itself, when it is not one of a schema */
function errorsOf(error: unknown): string[] {
  const { errors } = error as { errors?: { instancePath: string; message?: string }[] };
  if (!errors) throw error;
  return errors.map(({ instancePath, message }) => `${instancePath.slice(1).replaceAll('/', '.')}: ${message}`);
}

/** A copy of a value that notes which of its fields are read. */
function watched<T>(value: T, path: string, read: Set<string>): T {
  if (typeof value !== 'object' || value === null) return value;
  return new Proxy(value, {
    get(target, name) {
      const child = Reflect.get(target, name) as unknown;
      if (typeof name === 'symbol') return child;
      read.add(`${path}.${name}`);
      return watched(child, `${path}.${name}`, read);
    },
  });
}

function unread(value: unknown, path: string, read: ReadonlySet<string>): string[] {
  if (Array.isArray(value)) return value.flatMap((one, index) => unread(one, `${path}.${index}`, read));
  if (!isFields(value)) return [];
  return Object.entries(value).flatMap(([field, one]) =>
    read.has(`${path}.${field}`) ? unread(one, `${path}.${field}`, read) : [`${path}.${field}`.slice(1)],
  );
}
