/** @returns undefined: the text is no JSON */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** What is at this path of names, undefined where anything of it is missing. */
export const fieldOf = (value: unknown, ...names: string[]): unknown =>
  names.reduce<unknown>((node, name) => (isObject(node) ? node[name] : undefined), value);

/** As `fieldOf`, where it is a text. */
export function textOf(value: unknown, ...names: string[]): string | undefined {
  const found = fieldOf(value, ...names);
  return typeof found === 'string' ? found : undefined;
}

/** As `fieldOf`; empty where it is no list. */
export function listOf(value: unknown, ...names: string[]): unknown[] {
  const found = fieldOf(value, ...names);
  return Array.isArray(found) ? found : [];
}
