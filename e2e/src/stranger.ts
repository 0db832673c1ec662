import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { inRoot } from '@sluice/stack/workspace';
import { run, runToEnd, type Program } from '@sluice/testing';

const EXAMPLE = 'examples/take-the-libraries';
const LIBRARIES = ['contracts', 'messaging', 'persistence', 'service-kit'];
const SCOPE = '@sluice/';

interface Package {
  version: string;
  dependencies: Record<string, string>;
}
interface Packed {
  name: string;
  filename: string;
  files: { path: string }[];
}

/** The example in an empty folder outside of this repository, with the libraries installed from their packages. */
export class Stranger {
  private constructor(
    private readonly folder: string,
    /** Files of the packages, `<library>/<path>`. */
    readonly packedFiles: readonly string[],
  ) {}

  static async install(): Promise<Stranger> {
    const folder = mkdtempSync(path.join(tmpdir(), 'sluice-stranger-'));
    const packed = await pack(folder);
    const example = new Stranger(
      folder,
      packed.flatMap(({ name, files }) => files.map((file) => `${name.replace(SCOPE, '')}/${file.path}`)),
    );
    example.#copy(packed);
    await runToEnd('npm', ['install', '--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund'], example.#app);
    return example;
  }

  /** Adds the examples of the libraries' READMEs to what is compiled, each as a file named after its library. */
  addReadmes(): void {
    const folder = path.join(this.#app, 'src/readmes');
    mkdirSync(folder);
    for (const library of LIBRARIES) {
      const text = readFileSync(path.join(this.#app, 'node_modules', SCOPE, library, 'README.md'), 'utf8');
      const blocks = [...text.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code]) => code);
      if (blocks.length === 0) throw new Error(`the README of ${library} has no example`);
      writeFileSync(path.join(folder, `${library}.ts`), blocks.join('\n'));
    }
  }

  /** Compiles the example with the type definitions of the packages. @throws Error with the compiler's complaints */
  async compile(): Promise<void> {
    await runToEnd(process.execPath, ['node_modules/typescript/bin/tsc', '--project', '.'], this.#app);
  }

  /** Runs a compiled file with this environment. */
  run(file: string, environment: Record<string, string>): Program {
    return run(path.relative(inRoot(), path.join(this.#app, 'dist', file)), environment);
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  get #app(): string {
    return path.join(this.folder, 'app');
  }

  #copy(packed: readonly Packed[]): void {
    mkdirSync(this.#app);
    for (const name of ['src', 'tsconfig.json'])
      cpSync(inRoot(EXAMPLE, name), path.join(this.#app, name), { recursive: true });
    const manifest = JSON.parse(readFileSync(inRoot(EXAMPLE, 'package.json'), 'utf8')) as Package;
    for (const { name, filename } of packed) manifest.dependencies[name] = `file:../${filename}`;
    writeFileSync(path.join(this.#app, 'package.json'), JSON.stringify(manifest));
  }
}

async function pack(destination: string): Promise<Packed[]> {
  const workspaces = LIBRARIES.flatMap((name) => ['--workspace', `${SCOPE}${name}`]);
  const { stdout } = await runToEnd(
    'npm',
    ['pack', '--json', '--ignore-scripts', '--pack-destination', destination, ...workspaces],
    inRoot(),
  );
  const packed = JSON.parse(stdout) as Packed[] | Record<string, Packed>;
  // npm 12 prints an object by package name.
  return Object.values(packed);
}
