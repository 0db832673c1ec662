import { readFileSync } from 'node:fs';

/** A variable is missing or wrong. The message names the variable, and never contains a value that may be a secret. */
export class EnvironmentError extends Error {}

/**
 * Returns the value of NAME, or the content of the file in NAME_FILE, which is how Docker and Kubernetes pass secrets.
 * A line break at the end of the file is removed. Undefined when unset or empty.
 * @throws EnvironmentError when both are set, or when the file cannot be read
 */
export function variable(name: string, environment: Record<string, string | undefined>): string | undefined {
  const file = environment[`${name}_FILE`];
  if (!file) return environment[name] || undefined;
  if (environment[name]) throw new EnvironmentError(`${name} and ${name}_FILE are both set: set one of them`);
  return contentOf(file, `${name}_FILE`).replace(/\r?\n$/, '') || undefined;
}

/** Reports only the error code, because a secret set by mistake instead of a file name must not appear in the log. */
function contentOf(file: string, name: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new EnvironmentError(
      `${name} names a file that cannot be read (${String((error as NodeJS.ErrnoException).code)})`,
    );
  }
}
