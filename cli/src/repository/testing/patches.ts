import { isFields, type Fields, type Manifest, type Node } from './manifest.js';

/** By the name of a list: the field by which its elements are the same one. */
const MERGE_KEYS: Record<string, readonly string[]> = {
  containers: ['name'],
  initContainers: ['name'],
  env: ['name'],
  volumes: ['name'],
  volumeMounts: ['mountPath'],
  ports: ['containerPort', 'port'],
  topologySpreadConstraints: ['topologyKey'],
};

/**
 * Kinds of Kubernetes itself, whose lists are merged by element. Of other kinds nobody knows which element is which, so
 * a list of the patch takes the place of the whole list.
 */
const isBuiltIn = ({ apiVersion }: Pick<Manifest, 'apiVersion'>): boolean =>
  !apiVersion.includes('.') || apiVersion.includes('.k8s.io/');

/**
 * Merges a patch in the form of an object: a field that is null is removed, new elements of a list come first.
 * https://github.com/kubernetes/community/blob/master/contributors/devel/sig-api-machinery/strategic-merge-patch.md
 */
export function mergePatch(target: Manifest, patch: Manifest): Manifest {
  const { apiVersion, kind, metadata } = target;
  const named = { ...patch, apiVersion, kind, metadata: { ...patch.metadata, name: metadata.name } };
  return mergeFields(target as unknown as Fields, named as unknown as Fields, isBuiltIn(target)) as unknown as Manifest;
}

function mergeFields(target: Fields, patch: Fields, byElement: boolean): Fields {
  const merged = { ...target };
  for (const [field, value] of Object.entries(patch)) {
    if (value === null) delete merged[field];
    else merged[field] = mergeNode(merged[field], value, { field, byElement });
  }
  return merged;
}

interface Place {
  field: string;
  byElement: boolean;
}

function mergeNode(target: Node | undefined, patch: Node, { field, byElement }: Place): Node {
  if (isFields(target) && isFields(patch)) return mergeFields(target, patch, byElement);
  const key = byElement ? mergeKey(field, patch) : undefined;
  return key && Array.isArray(target) && Array.isArray(patch) ? mergeLists(target, patch, key) : patch;
}

const mergeKey = (field: string, patch: Node): string | undefined =>
  MERGE_KEYS[field]?.find((key) => Array.isArray(patch) && patch.every((one) => isFields(one) && key in one));

function mergeLists(target: Node[], patch: Node[], key: string): Node[] {
  const same = (one: Node, other: Node): boolean => isFields(one) && isFields(other) && one[key] === other[key];
  const added = patch.filter((one) => !target.some((other) => same(one, other)));
  const kept = target.map((one) => {
    const change = patch.find((other) => same(one, other));
    return isFields(one) && isFields(change) ? mergeFields(one, change, true) : one;
  });
  return [...added, ...kept];
}

export interface Operation {
  op: string;
  path: string;
  value?: Node;
}

/** Applies a JSON patch (RFC 6902), of which the overlays use `add`, `replace` and `remove`. @throws at a path that is not there */
export function applyOperations(target: Manifest, operations: readonly Operation[]): Manifest {
  const changed = structuredClone(target);
  for (const operation of operations) applyOperation(changed as unknown as Fields, operation);
  return changed;
}

function applyOperation(target: Fields, { op, path, value }: Operation): void {
  const steps = path.split('/').slice(1).map(unescaped);
  const last = steps.pop() ?? '';
  const holder = steps.reduce<Node | undefined>((at, step) => childOf(at, step), target);
  if (op !== 'add' && childOf(holder, last) === undefined) throw new Error(`there is nothing at ${path} to ${op}`);
  if (Array.isArray(holder)) changeList(holder, last, { op, value: value ?? null });
  else if (isFields(holder)) changeFields(holder, last, { op, value: value ?? null });
  else throw new Error(`there is nothing that holds ${path}`);
}

const unescaped = (step: string): string => step.replaceAll('~1', '/').replaceAll('~0', '~');

const childOf = (node: Node | undefined, step: string): Node | undefined =>
  Array.isArray(node) ? node[Number(step)] : isFields(node) ? node[step] : undefined;

interface Change {
  op: string;
  value: Node;
}

function changeList(list: Node[], step: string, { op, value }: Change): void {
  const at = step === '-' ? list.length : Number(step);
  if (op === 'add') list.splice(at, 0, value);
  else if (op === 'replace') list.splice(at, 1, value);
  else if (op === 'remove') list.splice(at, 1);
  else throw new Error(`unknown operation ${op}`);
}

function changeFields(fields: Fields, field: string, { op, value }: Change): void {
  if (op === 'remove') delete fields[field];
  else if (op === 'add' || op === 'replace') fields[field] = value;
  else throw new Error(`unknown operation ${op}`);
}
