// @ts-nocheck
/** What Node.js says (https://nodejs.org/api/errors.html#common-system-errors) of what is no fault of the program: in words, and what to do. */
const NETWORK = {
  ECONNREFUSED: 'nothing listens',
  ECONNRESET: 'the connection was cut',
  EHOSTUNREACH: 'there is no way',
  ENETUNREACH: 'there is no way',
  ETIMEDOUT: 'nobody answers',
  EPIPE: 'the connection was cut',
  ENOTFOUND: 'there is no host of that name',
  EAI_AGAIN: 'there is no host of that name',
  UND_ERR_CONNECT_TIMEOUT: 'nobody answers',
  UND_ERR_SOCKET: 'the connection was cut',
};
const MACHINE = {
  EACCES: { what: 'no rights', fix: 'Give them to this user, or set SLUICE_HOME to a folder of yours.' },
  EPERM: { what: 'no rights', fix: 'Give them to this user, or set SLUICE_HOME to a folder of yours.' },
  ENOSPC: { what: 'the disk is full', fix: 'Make room; npm run reset removes the data of this checkout.' },
  EROFS: { what: 'the disk cannot be written', fix: 'Set SLUICE_HOME to a folder that can.' },
  EMFILE: { what: 'too many open files', fix: 'Raise the limit: ulimit -n 4096' },
  EADDRINUSE: {
    what: 'another program has the port',
    fix: 'Start again, which takes another one; or end that program.',
  },
};
const SERVERS = 'Check DATABASE_URL, AMQP_URL and AMQP_MANAGEMENT_URL if they are set, and that the servers run.';
/** The broker's own words (AMQP 0-9-1, 1.2): 403 while logging in, 530 for the vhost. */
const REFUSED_BY_BROKER = /\b(403 \(ACCESS[-_]REFUSED\)|ACCESS_REFUSED|530 \(NOT[-_]ALLOWED\))/;

/**
 * An error that anybody's environment may bring about, in words for people.
 * @param {any} error @returns {{ message: string, fix: string } | undefined} undefined: a fault of ours
 */
export function explainEnvironmentError(error) {
  const first = deepest(error);
  const network = NETWORK[first.code];
  if (network) return { message: `${network} at ${placeOf(first)} (${first.code})`, fix: SERVERS };
  const machine = MACHINE[first.code];
  if (machine) return { message: `${machine.what}: ${first.path ?? placeOf(first)} (${first.code})`, fix: machine.fix };
  if (REFUSED_BY_BROKER.test(first.message))
    return {
      message: `the broker refuses: ${first.message.split('\n')[0]}`,
      fix: 'Check user, password and vhost in AMQP_URL.',
    };
  return undefined;
}

/** fetch wraps what has happened in a TypeError, and a host with several addresses gives one error for each. */
function deepest(error) {
  const inner = error?.errors?.[0] ?? (error?.code === undefined ? error?.cause : undefined);
  return inner instanceof Error ? deepest(inner) : (error ?? {});
}

const placeOf = ({ address, hostname, host, port }) =>
  [address ?? hostname ?? host ?? 'a server', port].filter(Boolean).join(':');
