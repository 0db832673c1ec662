import { readFileSync } from 'node:fs';
import { inRoot } from '@sluice/stack/workspace';
import { parse } from 'yaml';

type Mount = string | { type: string; source: string; target: string; volume?: { subpath?: string; nocopy?: boolean } };

/** A service of docker-compose.yml, as far as specs check it. */
export interface Container {
  image?: string;
  build?: object;
  command?: unknown;
  user?: string;
  hostname?: string;
  container_name?: string;
  profiles?: string[];
  environment?: Record<string, string | null>;
  networks?: string[] | Record<string, { aliases?: string[] } | null>;
  network_mode?: string;
  ports?: (string | number)[];
  volumes?: Mount[];
  depends_on?: Record<string, { condition: string; required?: boolean }>;
  healthcheck?: { test?: string[] };
  restart?: string;
  mem_limit?: string;
  pids_limit?: number;
  cpu_quota?: number;
  read_only?: boolean;
  cap_drop?: string[];
  security_opt?: string[];
  init?: boolean;
  privileged?: boolean;
}

export interface Compose {
  services: Record<string, Container>;
  networks: Record<string, { internal?: boolean | string } | null>;
}

/** docker-compose.yml with its anchors merged. */
export function readCompose(): Compose & { service(name: string): Container } {
  const compose = parse(readFileSync(inRoot('docker-compose.yml'), 'utf8'), {
    merge: true,
    maxAliasCount: -1,
  }) as Compose;
  return {
    ...compose,
    service(name) {
      const container = compose.services[name];
      if (!container) throw new Error(`docker-compose.yml has no service ${name}`);
      return container;
    },
  };
}

export const networksOf = ({ networks = [] }: Container): string[] =>
  Array.isArray(networks) ? networks : Object.keys(networks);

export const aliasesOf = ({ networks = {} }: Container, network: string): string[] | undefined =>
  Array.isArray(networks) ? undefined : networks[network]?.aliases;
