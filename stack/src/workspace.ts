// @ts-nocheck
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** The checkout these tools belong to. */
export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');

/** @param {string[]} parts @returns {string} an absolute path inside the checkout */
export const inRoot = (...parts) => path.join(root, ...parts);

const folders = (parent, has) =>
  existsSync(inRoot(parent))
    ? readdirSync(inRoot(parent))
        .filter((name) => existsSync(inRoot(parent, name, has)))
        .sort()
    : [];

/** Services that own a database: the folders of prisma/. */
export const databaseServices = () => folders('prisma', 'schema.prisma');

/** Services that can be started: the apps that have been built. */
export const builtServices = () => folders('apps', 'dist/main.js');

/** Apps with an entry point, built or not. */
export const allServices = () => folders('apps', 'src/main.ts');
