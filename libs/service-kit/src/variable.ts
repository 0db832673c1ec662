import { readFileSync } from 'node:fs';

/** A variable is missing or wrong. The message names it, and never shows a value that may be a secret. */
export class EnvironmentError extends Error {}

/**
 * The value of a variable: of NAME itself, or the content of the file that NAME_FILE names, which is how Docker and Kubernetes
 * hand over secrets. The line break that editors put at a file's end is not part of it. Undefined: unset, or empty.
 * @throws EnvironmentError when both are set, and when the file cannot be read
 */
export function variable(name: string, environment: Record<string, string | undefined>): string | undefined {
  const file = environment[`${name}_FILE`];
  if (!file) return environment[name] || undefined;
  if (environment[name]) throw new EnvironmentError(`${name} and ${name}_FILE are both set: set one of them`);
  return contentOf(file, `${name}_FILE`).replace(/\r?\n$/, '') || undefined;
}

/** Of the reader's error only its code: whoever puts the secret itself in place of a file's name would find it in the log. */
function contentOf(file: string, name: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new EnvironmentError(
      `${name} names a file that cannot be read (${String((error as NodeJS.ErrnoException).code)})`,
    );
  }
}
