/** A relative import of one file by another, of values or of types alone. */
export interface FileImport {
  path: string;
  line: number;
  /** Path of the imported file. */
  target: string;
}

/** Which files of the repository lead to which others by their relative imports. */
export class ImportGraph {
  readonly #targets = new Map<string, string[]>();
  readonly #reachable = new Map<string, ReadonlySet<string>>();

  constructor(private readonly imports: readonly FileImport[]) {
    for (const { path, target } of imports) this.#targets.set(path, [...(this.#targets.get(path) ?? []), target]);
  }

  /** Every file that the imports of this one lead to; contains the file itself only when they form a circle. */
  reachableFrom(path: string): ReadonlySet<string> {
    const found = this.#reachable.get(path) ?? this.#follow(path);
    this.#reachable.set(path, found);
    return found;
  }

  /** The imports that are part of a circle. */
  circular(): FileImport[] {
    return this.imports.filter(({ path, target }) => this.reachableFrom(target).has(path));
  }

  #follow(path: string): Set<string> {
    const found = new Set<string>();
    const open = [path];
    for (let next = open.pop(); next !== undefined; next = open.pop())
      for (const target of this.#targets.get(next) ?? []) {
        if (!found.has(target)) open.push(target);
        found.add(target);
      }
    return found;
  }
}
