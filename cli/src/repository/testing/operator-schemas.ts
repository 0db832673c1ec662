import { z } from 'zod';
import { ADVANCED_CONFIG } from '@sluice/stack/rabbitmq/settings';

/**
 * Kinds of operators whose schemas no package of the registry carries: the part of each that deploy/kubernetes uses,
 * strict about every other field. They were compared with the operators' own definitions
 * (docs/decisions/0044-kubernetes-checked-without-a-cluster.md).
 */

const Metadata = z.strictObject({
  name: z.string(),
  namespace: z.string(),
  labels: z.record(z.string(), z.string()).optional(),
});
const Quantity = z.string().regex(/^\d+(\.\d+)?(m|[KMGTPE]i?)?$/);
const Resources = z.strictObject({ cpu: Quantity, memory: Quantity });
const LabelSelector = z.strictObject({ matchLabels: z.record(z.string(), z.string()) });
const KeyOfSecret = z.strictObject({ name: z.string(), key: z.string() });

/** https://github.com/rabbitmq/cluster-operator, config/crd/bases/rabbitmq.com_rabbitmqclusters.yaml of v2.22.3 */
export const RabbitmqCluster = z.strictObject({
  apiVersion: z.literal('rabbitmq.com/v1beta1'),
  kind: z.literal('RabbitmqCluster'),
  metadata: Metadata,
  spec: z.strictObject({
    replicas: z.int().min(0),
    image: z.string(),
    secretBackend: z.strictObject({ externalSecret: z.strictObject({ name: z.string() }) }),
    tls: z.strictObject({ secretName: z.string(), disableNonTLSListeners: z.boolean() }),
    persistence: z.strictObject({ storage: Quantity }),
    resources: z.strictObject({ requests: Resources, limits: Resources }),
    rabbitmq: z.strictObject({
      additionalConfig: z.string().max(100_000),
      advancedConfig: z.literal(ADVANCED_CONFIG),
    }),
    affinity: z.strictObject({
      podAntiAffinity: z.strictObject({
        requiredDuringSchedulingIgnoredDuringExecution: z.array(
          z.strictObject({ topologyKey: z.string(), labelSelector: LabelSelector }),
        ),
      }),
    }),
    override: z.strictObject({
      statefulSet: z.strictObject({
        spec: z.strictObject({
          template: z.strictObject({
            metadata: z.strictObject({ labels: z.record(z.string(), z.string()) }),
            spec: z.strictObject({
              containers: z.array(z.never()),
              topologySpreadConstraints: z.array(
                z.strictObject({
                  topologyKey: z.string(),
                  maxSkew: z.int(),
                  whenUnsatisfiable: z.enum(['ScheduleAnyway', 'DoNotSchedule']),
                  labelSelector: LabelSelector,
                }),
              ),
            }),
          }),
        }),
      }),
    }),
  }),
});

/** https://github.com/cloudnative-pg/plugin-barman-cloud, config/crd/bases/barmancloud.cnpg.io_objectstores.yaml of v0.14.0 */
export const ObjectStore = z.strictObject({
  apiVersion: z.literal('barmancloud.cnpg.io/v1'),
  kind: z.literal('ObjectStore'),
  metadata: Metadata,
  spec: z.strictObject({
    retentionPolicy: z.string().regex(/^[1-9][0-9]*[dwm]$/),
    configuration: z.strictObject({
      destinationPath: z.string().min(1),
      s3Credentials: z.strictObject({ accessKeyId: KeyOfSecret, secretAccessKey: KeyOfSecret, region: KeyOfSecret }),
      wal: z.strictObject({
        compression: z.enum(['bzip2', 'gzip', 'lz4', 'snappy', 'xz', 'zstd']),
        encryption: z.enum(['AES256', 'aws:kms']),
      }),
      data: z.strictObject({
        compression: z.enum(['bzip2', 'gzip', 'lz4', 'snappy']),
        encryption: z.enum(['AES256', 'aws:kms']),
      }),
    }),
  }),
});
