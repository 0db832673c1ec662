import { isFields, titleOf, type Fields, type Manifest } from './manifest.js';

export interface EnvFrom {
  configMapRef?: { name: string };
  secretRef?: { name: string };
}

interface Reference {
  name: string;
  key: string;
  optional?: boolean;
}

export interface EnvVariable {
  name: string;
  value?: string;
  valueFrom?: { configMapKeyRef?: Reference; secretKeyRef?: Reference };
}

export interface Probe {
  httpGet?: { path: string; port: string | number };
  tcpSocket?: { port: string | number };
  exec?: { command: string[] };
}

export interface Container {
  name: string;
  image: string;
  args?: string[];
  env?: EnvVariable[];
  envFrom?: EnvFrom[];
  ports?: { name: string; containerPort: number }[];
  resources?: { requests?: Record<string, string>; limits?: Record<string, string> };
  securityContext?: Fields;
  startupProbe?: Probe;
  readinessProbe?: Probe;
  livenessProbe?: Probe;
  lifecycle?: { preStop?: { sleep?: { seconds: number } } };
  volumeMounts?: { name: string; mountPath: string; readOnly?: boolean }[];
}

export interface Volume {
  name: string;
  secret?: { secretName: string; items?: { key: string }[] };
  configMap?: { name: string };
  emptyDir?: object;
}

export interface PodSpec {
  automountServiceAccountToken?: boolean;
  enableServiceLinks?: boolean;
  terminationGracePeriodSeconds?: number;
  securityContext?: Fields;
  initContainers?: Container[];
  containers: Container[];
  volumes?: Volume[];
}

/** The pods that a workload makes. */
export interface Pods {
  /** `Deployment orders`. */
  title: string;
  /** Of the workload. */
  name: string;
  labels: Record<string, string>;
  spec: PodSpec;
}

/** The pods of every workload that says itself what they are made of; those of an operator's cluster are not among them. */
export const podsOf = (manifests: readonly Manifest[]): Pods[] =>
  manifests.flatMap((manifest) => {
    const template = templateOf(manifest);
    if (!isFields(template)) return [];
    const { metadata, spec } = template as unknown as { metadata: { labels: Record<string, string> }; spec: PodSpec };
    return [{ title: titleOf(manifest), name: manifest.metadata.name, labels: metadata.labels, spec }];
  });

const WORKLOADS: Record<string, readonly string[]> = {
  Deployment: ['spec', 'template'],
  StatefulSet: ['spec', 'template'],
  Job: ['spec', 'template'],
  CronJob: ['spec', 'jobTemplate', 'spec', 'template'],
};

const templateOf = (manifest: Manifest): unknown =>
  WORKLOADS[manifest.kind]?.reduce<unknown>((at, field) => (isFields(at) ? at[field] : undefined), manifest);

export const containersOf = ({ initContainers = [], containers }: PodSpec): Container[] => [
  ...initContainers,
  ...containers,
];

/** Whether every label that is asked for is there. No condition at all selects everything, as in Kubernetes. */
export const hasLabels = (labels: Record<string, string>, wanted: Record<string, string> = {}): boolean =>
  Object.entries(wanted).every(([name, value]) => labels[name] === value);
