import { existsSync } from 'node:fs';
import { SERVICES } from '@sluice/topology';
import { SECRETS } from '@sluice/stack/services/manifest';
import { inRoot, manifestOf } from '@sluice/stack/workspace';
import { CommonConfig, ConsumerConfig, DatabaseConfig } from '../../../../libs/service-kit/src/environment.js';
import { OutsideUrl } from '../../../../libs/service-kit/src/outside.js';
import { TracingConfig } from '../../../../libs/service-kit/src/tracing.js';

/** Variables that OpenTelemetry's SDK reads itself. */
const READ_BY_SDK = ['OTEL_EXPORTER_OTLP_HEADERS', 'OTEL_TRACES_SAMPLER', 'OTEL_TRACES_SAMPLER_ARG'];
/** Where a process listens: the image sets it, the same for every service. */
const IN_IMAGE = ['HOST', 'PORT', 'HEALTH_PORT'];
/** Addresses that contain a password, and what a process trusts and proves itself by. */
const ACCESS = ['AMQP_URL', 'AMQP_CA', 'AMQP_CLIENT_CERT', 'AMQP_CLIENT_KEY', 'DATABASE_URL', 'DATABASE_CA'];

/** What a deployment must give one service: from its manifest, its config.ts and the map. */
export interface Needs {
  /** Settings, which may all be unset where config.ts has a default. */
  variables: string[];
  /** Variables that are given as files (NAME_FILE), because they are or contain a secret. */
  files: string[];
  /** Where its messages, its rows and its calls go. */
  networks: string[];
  memoryMb: number;
  /** The port for clients; absent: none is published. */
  http: number | undefined;
}

export async function needsOf(service: string): Promise<Needs> {
  const { database, http, outside, memoryMb, secrets = [] } = manifestOf(service);
  const read = [...Object.keys(await shapeOf(service)), ...READ_BY_SDK].filter((name) => !IN_IMAGE.includes(name));
  const isFile = (name: string): boolean => [...ACCESS, ...secrets].includes(name);
  return {
    variables: read.filter((name) => !isFile(name)),
    files: read.filter(isFile),
    networks: ['messages', ...(database ? ['data'] : []), ...(outside || http ? ['outside'] : [])],
    memoryMb,
    http,
  };
}

/** The variables of config.ts whose value is a secret, and those that name a service outside. */
export async function declaredBy(service: string): Promise<{ secrets: string[]; outside: string[] }> {
  const variables = Object.entries(await shapeOf(service));
  return {
    secrets: SECRETS.filter((secret) => variables.some(([name]) => name === secret)),
    outside: variables.filter(([, schema]) => schema === OutsideUrl).map(([name]) => name),
  };
}

/** All variables that a service reads, each with its schema. */
async function shapeOf(service: string): Promise<Record<string, unknown>> {
  const consumes = Object.hasOwn(SERVICES, service);
  const shared = [TracingConfig, CommonConfig, ...(consumes ? [ConsumerConfig] : [])];
  const database = manifestOf(service).database ? [DatabaseConfig] : [];
  return Object.assign({}, ...[...shared, ...database, ...(await ownConfigs(service))].map(({ shape }) => shape));
}

const ownConfigs = async (service: string): Promise<{ shape: object }[]> => {
  const file = inRoot('apps', service, 'src/config.ts');
  const exported = existsSync(file) ? Object.entries((await import(file)) as object) : [];
  return exported.flatMap(([name, value]: [string, unknown]) =>
    name.endsWith('Config') && isSchema(value) ? [value] : [],
  );
};

const isSchema = (value: unknown): value is { shape: object } =>
  typeof value === 'object' && value !== null && 'shape' in value;

/** One line for each name that the file lacks, and for each that it has without need. */
export const differences = (
  file: string,
  what: string,
  { has, needs }: { has: readonly string[]; needs: readonly string[] },
): string[] => [
  ...needs.filter((name) => !has.includes(name)).map((name) => `${file} lacks ${what} ${name}`),
  ...has.filter((name) => !needs.includes(name)).map((name) => `${file} has ${what} ${name}, which nothing needs`),
];
