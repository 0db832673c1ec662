import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { isFields, objectsIn, type Manifest } from './manifest.js';

const Labels = z.record(z.string(), z.string());

export const GeneratorOptions = z.strictObject({
  disableNameSuffixHash: z.boolean().optional(),
  labels: Labels.optional(),
});
type GeneratorOptions = z.infer<typeof GeneratorOptions>;

export const Generator = z.strictObject({
  name: z.string(),
  behavior: z.enum(['create', 'merge']).optional(),
  envs: z.array(z.string()).optional(),
  files: z.array(z.string()).optional(),
  literals: z.array(z.string()).optional(),
});
type Generator = z.infer<typeof Generator>;

export interface ConfigMap extends Manifest {
  data: Record<string, string>;
}

export const makeConfigMap = (generator: Generator, options: GeneratorOptions, folder: string): ConfigMap => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: generator.name, ...(options.labels && { labels: options.labels }) },
  data: Object.fromEntries([
    ...(generator.envs ?? []).flatMap((file) => pairsOf(readFileSync(path.join(folder, file), 'utf8').split('\n'))),
    ...(generator.files ?? []).map((file) => [path.basename(file), readFileSync(path.join(folder, file), 'utf8')]),
    ...pairsOf(generator.literals ?? []),
  ]) as Record<string, string>,
});

/** `NAME=value`; without `=` the value would come from the environment of whoever renders, which these files never want. */
function pairsOf(lines: readonly string[]): [name: string, value: string][] {
  return lines
    .filter((line) => line.trim() !== '' && !line.startsWith('#'))
    .map((line) => {
      const at = line.indexOf('=');
      if (at < 1) throw new Error(`"${line}" is not NAME=value`);
      return [line.slice(0, at), line.slice(at + 1)];
    });
}

/** kustomize leaves out letters and digits that could form words, and these take their places. */
const REPLACED: Record<string, string> = { 0: 'g', 1: 'h', 3: 'k', a: 'm', e: 't' };

/** The end of a generated ConfigMap's name, by its content: api/hasher/hasher.go of kustomize, which leaves the name empty. */
export function contentHash({ kind, data }: ConfigMap): string {
  const sorted = Object.fromEntries(Object.entries(data).sort(([one], [other]) => (one < other ? -1 : 1)));
  // Go's encoder escapes these three.
  const text = JSON.stringify({ data: sorted, kind, name: '' }).replace(
    /[<>&]/g,
    (sign) => `\\u00${sign.charCodeAt(0).toString(16)}`,
  );
  const digest = createHash('sha256').update(text).digest('hex').slice(0, 10);
  return digest.replace(/[013ae]/g, (sign) => REPLACED[sign] ?? sign);
}

/** Fields that refer to a ConfigMap by its name. */
const REFERENCES = ['configMapRef', 'configMapKeyRef', 'configMap'];

/** Gives every reference to a ConfigMap its new name, in place. */
export function renameReferences(manifests: readonly Manifest[], newNames: ReadonlyMap<string, string>): void {
  for (const manifest of manifests)
    for (const [field, fields] of objectsIn(manifest))
      if (REFERENCES.includes(field) && isFields(fields) && typeof fields['name'] === 'string')
        fields['name'] = newNames.get(fields['name']) ?? fields['name'];
}
