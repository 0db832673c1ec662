import { existsSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { parse, parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { inRoot } from '@sluice/stack/workspace';
import {
  contentHash,
  Generator,
  GeneratorOptions,
  makeConfigMap,
  renameReferences,
  type ConfigMap,
} from './config-maps.js';
import { objectsIn, titleOf, type Manifest } from './manifest.js';
import { applyOperations, mergePatch, type Operation } from './patches.js';

/**
 * What kustomize makes of a folder, for exactly the features that deploy/kubernetes uses: any other is refused. It was
 * compared with kustomize itself (docs/decisions/0044-kubernetes-checked-without-a-cluster.md).
 */

const Labels = z.record(z.string(), z.string());

const Patch = z.strictObject({
  path: z.string().optional(),
  patch: z.string().optional(),
  target: z
    .strictObject({ kind: z.string(), name: z.string().optional(), labelSelector: z.string().optional() })
    .optional(),
});
type Patch = z.infer<typeof Patch>;
type Target = NonNullable<Patch['target']>;

const Kustomization = z.strictObject({
  apiVersion: z.enum(['kustomize.config.k8s.io/v1beta1', 'kustomize.config.k8s.io/v1alpha1']),
  kind: z.enum(['Kustomization', 'Component']),
  namespace: z.string().optional(),
  resources: z.array(z.string()).default([]),
  components: z.array(z.string()).default([]),
  configMapGenerator: z.array(Generator).default([]),
  generatorOptions: GeneratorOptions.default({}),
  patches: z.array(Patch).default([]),
  labels: z.array(z.strictObject({ pairs: Labels })).default([]),
  images: z
    .array(z.strictObject({ name: z.string(), newName: z.string().optional(), newTag: z.string().optional() }))
    .default([]),
});
type Kustomization = z.infer<typeof Kustomization>;

/** The objects of an overlay. @param folder below deploy/kubernetes: `overlays/production` */
export const render = (folder: string): Manifest[] => renderFolder(inRoot('deploy/kubernetes', folder));

/** @param folder with a kustomization.yaml */
export function renderFolder(folder: string): Manifest[] {
  const { manifests, hashed } = accumulate(folder, { manifests: [], hashed: new Set() });
  const rendered = structuredClone(manifests);
  const newNames = new Map<string, string>();
  for (const manifest of rendered)
    if (manifest.kind === 'ConfigMap' && hashed.has(manifest.metadata.name))
      newNames.set(manifest.metadata.name, `${manifest.metadata.name}-${contentHash(manifest as ConfigMap)}`);
  renameReferences(rendered, newNames);
  for (const { kind, metadata } of rendered)
    if (kind === 'ConfigMap') metadata.name = newNames.get(metadata.name) ?? metadata.name;
  return rendered;
}

interface Accumulated {
  manifests: Manifest[];
  /** ConfigMaps whose names end with the hash of their content. */
  hashed: Set<string>;
}

/** @param above what a component is added to; empty for a kustomization */
function accumulate(folder: string, above: Accumulated): Accumulated {
  const kustomization = readKustomization(folder);
  const all = { manifests: [...above.manifests], hashed: new Set(above.hashed) };
  for (const resource of kustomization.resources) addResource(path.join(folder, resource), all);
  for (const component of kustomization.components) Object.assign(all, accumulate(path.join(folder, component), all));
  generate(kustomization, folder, all);
  refuseDuplicates(all.manifests, folder);
  all.manifests = transform(all.manifests, kustomization, folder);
  return all;
}

function readKustomization(folder: string): Kustomization {
  const file = path.join(folder, 'kustomization.yaml');
  const { data, error } = Kustomization.safeParse(parse(readFileSync(file, 'utf8')));
  if (data) return data;
  throw new Error(`${file}: ${error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ')}`);
}

function addResource(resource: string, all: Accumulated): void {
  if (!existsSync(resource)) throw new Error(`${resource} does not exist`);
  if (!statSync(resource).isDirectory()) return void all.manifests.push(...manifestsIn(readFileSync(resource, 'utf8')));
  const { manifests, hashed } = accumulate(resource, { manifests: [], hashed: new Set() });
  all.manifests.push(...manifests);
  for (const name of hashed) all.hashed.add(name);
}

const manifestsIn = (text: string): Manifest[] =>
  parseAllDocuments(text).map((document) => {
    if (document.errors[0]) throw document.errors[0];
    return document.toJS() as Manifest;
  });

function generate({ configMapGenerator, generatorOptions }: Kustomization, folder: string, all: Accumulated): void {
  for (const generator of configMapGenerator) {
    const made = makeConfigMap(generator, generatorOptions, folder);
    const at = all.manifests.findIndex(
      ({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === generator.name,
    );
    if (generator.behavior === 'merge') all.manifests[at] = merged(all.manifests[at], made);
    else {
      all.manifests.push(made);
      if (!generatorOptions.disableNameSuffixHash) all.hashed.add(generator.name);
    }
  }
}

function merged(known: Manifest | undefined, made: ConfigMap): ConfigMap {
  if (!known) throw new Error(`there is no ConfigMap ${made.metadata.name} to merge into`);
  const { data, ...rest } = known as ConfigMap;
  return { ...rest, data: { ...data, ...made.data } };
}

function refuseDuplicates(manifests: readonly Manifest[], folder: string): void {
  const titles = manifests.map(titleOf);
  const twice = titles.find((title, index) => titles.indexOf(title) !== index);
  if (twice) throw new Error(`${folder} has ${twice} twice`);
}

function transform(manifests: Manifest[], kustomization: Kustomization, folder: string): Manifest[] {
  const { patches, namespace, labels, images } = kustomization;
  const patched = patches.reduce((all, patch) => applyPatch(all, patch, folder), manifests);
  const pairs = Object.assign({}, ...labels.map((one) => one.pairs)) as Record<string, string>;
  return patched.map((manifest) => withImages(withMetadata(manifest, { namespace, pairs }), images));
}

function applyPatch(manifests: Manifest[], patch: Patch, folder: string): Manifest[] {
  const text = patch.patch ?? readFileSync(path.join(folder, patch.path ?? ''), 'utf8');
  const content = parse(text) as Manifest | Operation[];
  const target = patch.target ?? targetOf(content, folder);
  const found = manifests.filter((manifest) => isMeant(manifest, target));
  if (found.length === 0) throw new Error(`${folder}: nothing is ${JSON.stringify(target)}, which a patch is for`);
  return manifests.map((manifest) =>
    !found.includes(manifest)
      ? manifest
      : Array.isArray(content)
        ? applyOperations(manifest, content)
        : mergePatch(manifest, content),
  );
}

function targetOf(content: Manifest | Operation[], folder: string): Target {
  if (Array.isArray(content)) throw new Error(`${folder}: a patch by operations needs a target`);
  return { kind: content.kind, name: content.metadata.name };
}

const isMeant = ({ kind, metadata }: Manifest, target: Target): boolean =>
  kind === target.kind &&
  (target.name === undefined || target.name === metadata.name) &&
  (target.labelSelector ?? '').split(',').every((condition) => holds(condition, metadata.labels ?? {}));

/** `name=value` or `name!=value`. */
function holds(condition: string, labels: Record<string, string>): boolean {
  const [, name = '', not, value] = /^([^!=]+)(!?)=(.*)$/.exec(condition) ?? [];
  return condition === '' || (labels[name] === value) === (not === '');
}

/** Kinds that are in no namespace. */
const OF_THE_CLUSTER = ['Namespace'];

interface Added {
  namespace: string | undefined;
  pairs: Record<string, string>;
}

function withMetadata({ metadata, ...manifest }: Manifest, { namespace, pairs }: Added): Manifest {
  const labels = { ...metadata.labels, ...pairs };
  const placed = namespace && !OF_THE_CLUSTER.includes(manifest.kind) && { namespace };
  return {
    ...manifest,
    metadata: { ...metadata, ...placed, ...(Object.keys(labels).length > 0 && { labels }) },
  } as Manifest;
}

function withImages(manifest: Manifest, images: Kustomization['images']): Manifest {
  const changed = structuredClone(manifest);
  for (const [field, fields] of objectsIn(changed))
    if (field === 'containers' || field === 'initContainers') {
      const image = images.find(({ name }) => name === String(fields['image']).replace(/:[^/]*$/, ''));
      if (image) fields['image'] = [image.newName ?? image.name, image.newTag].filter(Boolean).join(':');
    }
  return changed;
}
