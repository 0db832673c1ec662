import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { ServiceManifest } from './services/manifest.js';

/** The checkout that this file belongs to. */
export const root: string = path.resolve(import.meta.dirname, '../..');

export const inRoot = (...parts: string[]): string => path.join(root, ...parts);

const foldersWith = (parent: string, file: string): string[] =>
  existsSync(inRoot(parent))
    ? readdirSync(inRoot(parent))
        .filter((name) => existsSync(inRoot(parent, name, file)))
        .sort()
    : [];

/** All services, built or not: the apps with a manifest. */
export const allServices = (): string[] => foldersWith('apps', 'service.json');

/**
 * What a service is and needs (docs/decisions/0032). Read as it is: a spec checks it (cli/src/repository/services.spec.ts).
 */
export const manifestOf = (service: string): ServiceManifest =>
  JSON.parse(readFileSync(inRoot('apps', service, 'service.json'), 'utf8')) as ServiceManifest;

/** Services that own a database. */
export const databaseServices = (): string[] => allServices().filter((service) => manifestOf(service).database);

/** Services that can be started: those that have been built, here or in another checkout. */
export const builtServices = (checkout: string = root): string[] =>
  allServices().filter((service) => existsSync(path.join(checkout, 'apps', service, 'dist/main.js')));
