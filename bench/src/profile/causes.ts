/** What of a `.cpuprofile` is used (https://chromedevtools.github.io/devtools-protocol/tot/Profiler/#type-Profile). */
export interface CpuProfile {
  nodes: readonly ProfileNode[];
  /** Of the same clock as `process.hrtime`. Microseconds; so are the deltas. */
  startTime: number;
  /** Ids of nodes. */
  samples: readonly number[];
  /** Time since the sample before. */
  timeDeltas: readonly number[];
}

interface ProfileNode {
  id: number;
  callFrame: { functionName: string; url: string };
  children?: readonly number[];
}

export interface Window {
  fromUs: number;
  toUs: number;
}

/** Packages by what they do in a service; the first match counts. */
const PACKAGES: readonly (readonly [RegExp, string])[] = [
  [/^(pg|pg-.*|postgres-.*)$/, 'pg'],
  [/^(amqplib|amqp-connection-manager|promise-breaker)$/, 'amqplib'],
  [/^@nestjs\//, 'Nest'],
  [/^@opentelemetry\//, 'OpenTelemetry'],
  [/^(pino.*|sonic-boom|thread-stream)$/, 'pino'],
  [/^@prisma\//, 'Prisma'],
  [/^(fastify|@fastify\/.*|find-my-way|light-my-request|secure-json-parse|avvio|fast-.*)$/, 'Fastify'],
];

/** Frames of V8 that are not code: no processor time, or time that belongs to no caller. */
const IDLE = '(idle)';
const OF_V8 = new Map([
  ['(garbage collector)', 'garbage collector'],
  ['(program)', 'native code'],
]);

/**
 * Processor time by cause: a package, a library of ours, the service itself. Code of Node.js and V8 belongs to the
 * nearest caller that has a cause. Microseconds.
 */
export function causesOf({ nodes, startTime, samples, timeDeltas }: CpuProfile, window: Window): Map<string, number> {
  const causeOf = causesByNode(nodes);
  const times = new Map<string, number>();
  let at = startTime;
  samples.forEach((id, index) => {
    const delta = timeDeltas[index] ?? 0;
    at += delta;
    const cause = causeOf.get(id);
    if (cause === undefined || at < window.fromUs || at > window.toUs) return;
    times.set(cause, (times.get(cause) ?? 0) + Math.max(0, delta));
  });
  return times;
}

/** Causes by node; idle nodes have none. */
function causesByNode(nodes: readonly ProfileNode[]): Map<number, string> {
  const parents = new Map(nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id] as const)));
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const causes = new Map<number, string>();
  for (const { id, callFrame } of nodes) {
    if (callFrame.functionName === IDLE) continue;
    let cause = OF_V8.get(callFrame.functionName);
    for (let at: number | undefined = id; !cause && at !== undefined; at = parents.get(at))
      cause = ownCause(byId.get(at)!.callFrame.url);
    causes.set(id, cause ?? 'Node.js');
  }
  return causes;
}

/** The cause that a file of this address stands for; none for Node.js itself. */
function ownCause(url: string): string | undefined {
  if (url === '' || url.startsWith('node:')) return undefined;
  const library = /\/libs\/([^/]+)\//.exec(url)?.[1];
  if (library) return `libs/${library}`;
  if (url.includes('/apps/')) return 'the service';
  const name = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1];
  return name && (PACKAGES.find(([pattern]) => pattern.test(name))?.[1] ?? name);
}
