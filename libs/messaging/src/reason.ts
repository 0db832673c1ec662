/** Prisma begins its messages with an empty line and the call that failed, shows code, and says at the very end what is wrong. */
const PRISMA = /^Invalid `(.+)` invocation/;

/** Why a message failed, in words that are kept with it. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error instanceof AggregateError && error.message === '' && error.errors.length > 0)
    return reasonOf(error.errors[0]);
  const message = error.message.trim();
  const call = PRISMA.exec(message)?.[1];
  return call === undefined ? `${error.name}: ${message}` : `${error.name}: ${lastLine(message)} (${call})`;
}

/** The one line of a reason that says most: also of reasons that were kept as Prisma gives them. */
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
