import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { inRoot } from '@sluice/stack/workspace';
import { run, type Program } from '@sluice/testing';

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
    await command('npm', ['install', '--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund'], example.#app);
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
    await command(process.execPath, ['node_modules/typescript/bin/tsc', '--project', '.'], this.#app);
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
  const output = await command(
    'npm',
    ['pack', '--json', '--ignore-scripts', '--pack-destination', destination, ...workspaces],
    inRoot(),
  );
  const packed = JSON.parse(output) as Packed[] | Record<string, Packed>;
  // npm 12 prints an object by package name.
  return Object.values(packed);
}

/** Without what npm passes on to the scripts that it runs: it names another folder. */
const environment = (): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(npm_|INIT_CWD$|NODE_OPTIONS$)/.test(name)));

/** @returns what it printed @throws Error with what it printed when it fails */
async function command(program: string, args: readonly string[], cwd: string): Promise<string> {
  const options = { cwd, env: environment(), maxBuffer: 16 * 1024 * 1024 };
  const { stdout } = await promisify(execFile)(program, args, options).catch(
    (error: Error & { stdout?: string; stderr?: string }) => {
      throw new Error(`${error.message}\n${error.stdout}\n${error.stderr}`);
    },
  );
  return stdout;
}
