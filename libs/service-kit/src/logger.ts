import type { Writable } from 'node:stream';
import type { LoggerService } from '@nestjs/common';
import { pino, type DestinationStream, type Logger } from 'pino';
import { scrub } from './secrets.js';

export interface LoggerOptions {
  service: string;
  level: string;
  format: 'json' | 'pretty';
  /** Returns fields for every line about the current work: the correlation id, the message's type. */
  context?: () => Record<string, unknown>;
  /** Stream for the log lines; stdout by default. Tests pass their own. */
  destination?: Writable;
}

/** Contexts in which Nest logs every module and route that it loads; logged as debug, for debugging a boot. */
const BOOT_CONTEXTS = new Set<unknown>([
  'NestFactory',
  'InstanceLoader',
  'RoutesResolver',
  'RouterExplorer',
  'NestApplication',
  'NestMicroservice',
]);

/** Nest's logger, based on pino: one JSON line per entry, secrets masked, with the current message's correlation id. */
export class ServiceLogger implements LoggerService {
  constructor(private readonly pino: Logger) {}

  log(message: unknown, ...rest: unknown[]): void {
    this.write(BOOT_CONTEXTS.has(rest.at(-1)) ? 'debug' : 'info', message, rest);
  }

  error(message: unknown, ...rest: unknown[]): void {
    this.write('error', message, rest);
  }

  warn(message: unknown, ...rest: unknown[]): void {
    this.write('warn', message, rest);
  }

  debug(message: unknown, ...rest: unknown[]): void {
    this.write('debug', message, rest);
  }

  verbose(message: unknown, ...rest: unknown[]): void {
    this.write('trace', message, rest);
  }

  fatal(message: unknown, ...rest: unknown[]): void {
    this.write('fatal', message, rest);
  }

  private write(
    level: 'info' | 'error' | 'warn' | 'debug' | 'trace' | 'fatal',
    message: unknown,
    rest: unknown[],
  ): void {
    if (!this.pino.isLevelEnabled(level)) return;
    const { text, fields } = describe(message, rest);
    this.pino[level](scrub(fields), scrub(text));
  }
}

/**
 * Separates text and fields. Nest appends the context as last string, with a stack before it: `(message, stack,
 * context)`.
 */
function describe(message: unknown, rest: unknown[]): { text: string; fields: Record<string, unknown> } {
  const fields: Record<string, unknown> = {};
  for (const extra of rest) {
    if (extra instanceof Error) fields['stack'] = extra.stack;
    else if (typeof extra === 'object' && extra !== null) Object.assign(fields, extra);
    else if (typeof extra === 'string') fields[extra.includes('\n    at ') ? 'stack' : 'context'] = extra;
  }
  if (message instanceof Error) return { text: message.message, fields: { stack: message.stack, ...fields } };
  if (typeof message === 'object' && message !== null) return { text: '', fields: { ...message, ...fields } };
  return { text: String(message), fields };
}

/** Creates a logger. The printer of `pretty` is loaded only for that format, so a production process never loads it. */
export async function createLogger({
  service,
  level,
  format,
  context,
  destination,
}: LoggerOptions): Promise<ServiceLogger> {
  const options = {
    level,
    base: { service },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    ...(context && { mixin: () => scrub(context()) }),
  };
  const stream =
    format === 'pretty' ? await prettyStream(destination) : (destination ?? pino.destination({ dest: 1, sync: true }));
  return new ServiceLogger(pino(options, stream));
}

async function prettyStream(destination: Writable | undefined): Promise<DestinationStream> {
  const { PinoPretty } = await import('pino-pretty');
  return PinoPretty({
    sync: true,
    ignore: 'pid,hostname,service,context,correlationId,traceId',
    translateTime: 'SYS:HH:MM:ss.l',
    messageFormat: '{service} {if correlationId}[{correlationId}] {end}{msg}',
    ...(destination && { destination }),
  });
}
