import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { root } from '../workspace.js';

/** By service: a digest of its compiled code and of that of the libraries that it depends on. */
export function builtCode(services: readonly string[], base: string = root): Record<string, string> {
  const digests = new Map<string, string>();
  const digestOf = (folder: string): string => {
    const digest = digests.get(folder) ?? codeDigest(path.join(base, folder, 'dist'));
    digests.set(folder, digest);
    return digest;
  };
  const code = (service: string): string => packagesOf(`apps/${service}`, base).map(digestOf).join('');
  return Object.fromEntries(services.map((service) => [service, code(service)]));
}

/** The folders of a package and of the libraries that it depends on, directly or through others. */
export function packagesOf(folder: string, base: string = root, found: string[] = []): string[] {
  if (found.includes(folder)) return found;
  found.push(folder);
  const file = path.join(base, folder, 'package.json');
  const { dependencies = {} } = JSON.parse(readFileSync(file, 'utf8')) as { dependencies?: object };
  for (const name of Object.keys(dependencies)) {
    const library = `libs/${name.replace('@sluice/', '')}`;
    if (name.startsWith('@sluice/') && existsSync(path.join(base, library))) packagesOf(library, base, found);
  }
  return found;
}

/** Not of maps and declarations: a change of those alone changes nothing that runs. */
function codeDigest(folder: string): string {
  const hash = createHash('sha256');
  const files = existsSync(folder) ? (readdirSync(folder, { recursive: true }) as string[]) : [];
  for (const file of files.filter((name) => name.endsWith('.js')).sort())
    hash.update(file).update(readFileSync(path.join(folder, file)));
  return hash.digest('hex');
}
