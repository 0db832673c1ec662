import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ConsumerConfig, DatabaseConfig, parseEnvironment } from './environment.js';
import { EnvironmentError, variable } from './variable.js';

const AMQP_URL = 'amqp://guest:hunter2@localhost';
const DATABASE_URL = 'postgresql://orders:hunter3@localhost/orders';
const schema = ConsumerConfig.extend({ ...DatabaseConfig.shape, SECRET: z.string().min(16).optional() });
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'secrets-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, content: string): string {
  const where = path.join(folder, name);
  writeFileSync(where, content);
  return where;
}

describe('a variable', () => {
  it('has its own value, or the content of the file that it names', () => {
    expect(variable('A', { A: 'here' })).toBe('here');
    expect(variable('A', { A_FILE: file('a', 'there') })).toBe('there');
  });

  it('has no line break at the end of its file, and keeps those within', () => {
    expect(variable('A', { A_FILE: file('unix', 'secret\n') })).toBe('secret');
    expect(variable('A', { A_FILE: file('windows', 'secret\r\n') })).toBe('secret');
    expect(variable('A', { A_FILE: file('pem', '-----BEGIN\nabc\n-----END\n') })).toBe('-----BEGIN\nabc\n-----END');
  });

  it.each<Record<string, string>>([{}, { A: '' }, { A_FILE: '' }, { A: '', A_FILE: '' }])(
    'is unset when there is nothing: %j',
    (environment) => {
      expect(variable('A', environment)).toBeUndefined();
    },
  );

  it('is unset when its file is empty', () => {
    expect(variable('A', { A_FILE: file('empty', '\n') })).toBeUndefined();
  });

  it('may be empty while its file is named', () => {
    expect(variable('A', { A: '', A_FILE: file('only', 'there') })).toBe('there');
  });
});

describe('a configuration of files', () => {
  it('accepts any variable as a file', () => {
    const environment = {
      AMQP_URL_FILE: file('amqp', `${AMQP_URL}\n`),
      DATABASE_URL,
      PREFETCH_FILE: file('prefetch', '7\n'),
    };
    expect(parseEnvironment(schema, environment)).toMatchObject({ AMQP_URL, DATABASE_URL, PREFETCH: 7 });
  });

  it('refuses a variable that is given both ways, and names both', () => {
    const parse = () => parseEnvironment(schema, { AMQP_URL, AMQP_URL_FILE: file('both', AMQP_URL), DATABASE_URL });
    expect(parse).toThrow(EnvironmentError);
    expect(parse).toThrow(/^AMQP_URL and AMQP_URL_FILE are both set: set one of them$/);
  });

  it('names the variable whose file cannot be read, and contains neither the file name nor a value', () => {
    const parse = () =>
      parseEnvironment(schema, { AMQP_URL_FILE: 'amqp://guest:hunter2@localhost', DATABASE_URL_FILE: folder });
    expect(parse).toThrow(
      /^AMQP_URL_FILE names a file that cannot be read \(ENOENT\); DATABASE_URL_FILE names a file that cannot be read \(EISDIR\)$/,
    );
  });

  it('reports bad files and bad values in one line', () => {
    const parse = () => parseEnvironment(schema, { AMQP_URL_FILE: '/nowhere', SECRET_FILE: file('short', 'hunter2') });
    expect(parse).toThrow(
      /^AMQP_URL_FILE names a file that cannot be read \(ENOENT\); DATABASE_URL is not set; SECRET is not valid: .+$/,
    );
    expect(parse).not.toThrow(/hunter2|\n/);
  });
});
