import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';

/** The checkout that this file belongs to. */
export const root: string = path.resolve(import.meta.dirname, '../..');

export const inRoot = (...parts: string[]): string => path.join(root, ...parts);

const foldersWith = (parent: string, file: string): string[] =>
  existsSync(inRoot(parent))
    ? readdirSync(inRoot(parent))
        .filter((name) => existsSync(inRoot(parent, name, file)))
        .sort()
    : [];

/** Services that own a database: the folders of prisma/. */
export const databaseServices = (): string[] => foldersWith('prisma', 'schema.prisma');

/** Services that can be started: the apps that have been built. */
export const builtServices = (): string[] => foldersWith('apps', 'dist/main.js');

/** Apps with an entry point, built or not. */
export const allServices = (): string[] => foldersWith('apps', 'src/main.ts');
