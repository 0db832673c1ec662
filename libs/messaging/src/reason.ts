/**
 * Prisma messages begin with an empty line and the failed call, then quote code; the error itself is on the last
 * line.
 */
const PRISMA = /^Invalid `(.+)` invocation/;

/** Reason of a failure, in the form recorded with the message. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof AggregateError && error.message === '' && error.errors.length > 0)
    return reasonOf(error.errors[0]);
  const message = error.message.trim();
  const call = PRISMA.exec(message)?.[1];
  return call === undefined ? `${error.name}: ${message}` : `${error.name}: ${lastLine(message)} (${call})`;
}

/** The most informative line of a reason; also for recorded reasons in Prisma's original form. */
export function headline(reason: string): string {
  const [first = '', second, ...others] = lines(reason);
  if (second === undefined || !first.endsWith(':')) return first;
  return `${first} ${PRISMA.test(second) ? (others.at(-1) ?? second) : second}`;
}

const lines = (text: string): string[] =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean);
const lastLine = (text: string): string => lines(text).at(-1) ?? '';
