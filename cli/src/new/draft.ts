import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Failure } from '@sluice/stack/failure';

interface Entry {
  text: string;
  isNew: boolean;
}

/** Files of a checkout as a generator wants them. Nothing is written before all edits have succeeded. */
export class Draft {
  readonly #entries = new Map<string, Entry>();

  constructor(private readonly root: string) {}

  /** @param file from the root of the checkout @throws {Failure} when there is no such file */
  read(file: string): string {
    const drafted = this.#entries.get(file);
    if (drafted) return drafted.text;
    if (!this.exists(file)) throw new Failure(`${file} was not found`, 'It was renamed or moved: adapt cli/src/new/.');
    return readFileSync(this.#at(file), 'utf8');
  }

  exists(file: string): boolean {
    return this.#entries.has(file) || existsSync(this.#at(file));
  }

  /** @throws {Failure} when the file is there already */
  create(file: string, text: string): void {
    if (this.exists(file)) throw new Failure(`${file} is there already`, 'Choose another name, or remove it first.');
    this.#entries.set(file, { text, isNew: true });
  }

  edit(file: string, change: (text: string) => string): void {
    const before = this.read(file);
    this.#entries.set(file, { text: change(before), isNew: this.#entries.get(file)?.isNew ?? false });
  }

  /**
   * @throws {Failure} when a file that git tracks, and that this draft changes, has changes that are not committed: they
   * could not be told apart from the generated ones
   */
  requireClean(): void {
    const changed = [...this.#entries].filter(([, { isNew }]) => !isNew).map(([file]) => file);
    if (changed.length === 0) return;
    const dirty = uncommitted(this.root, changed);
    if (dirty.length > 0)
      throw new Failure(
        `not committed: ${dirty.join(', ')}`,
        'Commit or stash these changes first, so that git shows what the generator changes; or add --dirty.',
      );
  }

  /** Formats and writes every file. @returns one line for each that people keep, those that are new first */
  async write(): Promise<string[]> {
    const texts: [string, string][] = [];
    for (const [file, { text }] of this.#entries) texts.push([file, await this.#formatted(file, text)]);
    for (const [file, text] of texts) this.#replace(file, text);
    const files = [...this.#entries].filter(([file]) => !file.startsWith('node_modules/'));
    const line = ([file, { isNew }]: [string, Entry]): string => `${isNew ? 'new    ' : 'changed'}  ${file}`;
    return [...files.filter(([, { isNew }]) => isNew), ...files.filter(([, { isNew }]) => !isNew)].map(line);
  }

  async #formatted(file: string, text: string): Promise<string> {
    const { format, getFileInfo, resolveConfig } = await import('prettier');
    const { inferredParser, ignored } = await getFileInfo(this.#at(file), {
      ignorePath: path.join(this.root, '.prettierignore'),
    });
    if (!inferredParser || ignored) return text;
    return format(text, { ...(await resolveConfig(this.#at(file))), filepath: this.#at(file) });
  }

  /** Under another name first: files of node_modules may be hard links that other checkouts share. */
  #replace(file: string, text: string): void {
    mkdirSync(path.dirname(this.#at(file)), { recursive: true });
    writeFileSync(`${this.#at(file)}.new`, text);
    renameSync(`${this.#at(file)}.new`, this.#at(file));
  }

  #at(file: string): string {
    return path.join(this.root, file);
  }
}

/** Those of the files that git tracks and that differ from its last commit; none where there is no repository. */
function uncommitted(folder: string, files: readonly string[]): string[] {
  const status = ['status', '--porcelain', '--untracked-files=no', '--', ...files];
  const { stdout } = spawnSync('git', status, { cwd: folder, encoding: 'utf8' });
  return (stdout ?? '').split('\n').flatMap((line) => (line === '' ? [] : [line.slice(3)]));
}
