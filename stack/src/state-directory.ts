import { chmodSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { ProcessRecord } from './processes.js';
import { inRoot } from './workspace.js';

/** Where the local system keeps its data: SLUICE_HOME, else .sluice in the checkout. */
export const defaultStateDirectory = (): string => path.resolve(inRoot(), process.env['SLUICE_HOME'] || '.sluice');

/** What the directory keeps, each in a file `<name>.json`. */
export interface State {
  /** The private PostgreSQL: the administrator's password, the data folder, the port of the last start. */
  postgres: { password: string; data: string; port?: number };
  rabbitmq: RabbitState;
  'broker-users': Record<string, string>;
  /** Passwords of the databases' roles, by role; undefined: to be made anew. */
  databases: Record<string, string | undefined>;
  secrets: Secrets;
  services: RunningService[];
  /** The running `npm start`: the gateway's URL, the process, and how long the start took, in seconds. */
  ready: { url: string; pid: number; seconds: number };
  /** The map and the users that were last applied to the broker. */
  topology: { digest: string };
  restart: RestartRequest;
  /** The backup to which the databases were restored, until what others may have missed was announced again. */
  restored: { takenAt: string };
  /** In containers: the authority of the servers' and services' certificates. */
  authority: { cert: string; key: string };
  /** In containers: passwords of the servers' administrators, and the Erlang cookie. */
  passwords: { postgres: string; rabbitmq: string; cookie: string };
  /** In containers: the servers as the administrator reaches them. */
  servers: ContainerServers;
}

/** The private RabbitMQ: the administrator, the ports of the last start, and whether it runs in a container. */
export interface RabbitState {
  user: string;
  password: string;
  ports?: Record<'amqp' | 'management' | 'dist' | 'epmd', number>;
  container?: boolean;
  process?: ProcessRecord;
}

/** What a system signs with; the keys in PEM form. */
export interface Secrets {
  tokenPrivateKey: string;
  tokenPublicKey: string;
  idempotencySecret: string;
}

export interface RunningService extends ProcessRecord {
  service: string;
  healthPort: number;
}

/** What `npm run restart` and `npm run dev -- <service>` request, and the reply of the running start. */
export interface RestartRequest {
  id: string;
  services: string[];
  /** Variables besides those of `npm start`; as before when absent. */
  env?: NodeJS.ProcessEnv | undefined;
  answer?: { ok: true } | { ok: false; message: string; fix?: string; output?: string };
}

export interface ContainerServers {
  /** URL of the administrator. */
  database: string;
  broker: { url: string; managementUrl?: string };
  /** Whether a server is one of docker-compose.yml. */
  ours: { database: boolean };
  /** Variables by which the administrator verifies the servers. */
  trust: Record<string, string>;
}

/** A folder for what a private system must keep between two starts: ports, passwords, running processes. */
export class StateDirectory {
  constructor(readonly dir: string = defaultStateDirectory()) {}

  /** A path inside the directory; the folder of the file is made. */
  path(...parts: string[]): string {
    const file = path.join(this.dir, ...parts);
    mkdirSync(path.dirname(file), { recursive: true });
    return file;
  }

  /** What is kept under the name; undefined when there is nothing, or nothing readable. */
  recall<K extends keyof State>(name: K): State[K] | undefined {
    try {
      return JSON.parse(readFileSync(path.join(this.dir, `${name}.json`), 'utf8')) as State[K];
    } catch {
      return undefined;
    }
  }

  /** Writes the file whole or not at all, readable for its owner alone: most of it are secrets. */
  remember<K extends keyof State, V extends State[K]>(name: K, value: V): V {
    const file = this.path(`${name}.json`);
    const draft = `${file}.${process.pid}`;
    writeFileSync(draft, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 });
    chmodSync(draft, 0o600);
    renameSync(draft, file);
    return value;
  }

  /** What is kept under the name; made on the first call. */
  once<K extends keyof State>(name: K, make: () => State[K]): State[K] {
    return this.recall(name) ?? this.remember(name, make());
  }

  forget(name: keyof State): void {
    rmSync(path.join(this.dir, `${name}.json`), { force: true });
  }
}
