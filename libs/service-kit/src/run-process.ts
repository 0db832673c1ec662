import { Logger } from '@nestjs/common';
import type { z } from 'zod';
import { parseEnvironment, type CommonConfig } from './environment.js';
import { createLogger, type ServiceLogger } from './logger.js';
import { refuseDevelopmentSettings, warnings, type Settings } from './production.js';
import { scrub } from './secrets.js';
import { stopOnSignal } from './shutdown.js';
import { aboutSpan, startTracing } from './tracing.js';
import { EnvironmentError, variable } from './variable.js';

export interface ProcessOptions<C extends z.ZodObject> {
  name: string;
  config: C;
  /** Returns fields for every log line about the current work. */
  context?: () => Record<string, unknown>;
}

/** Name, configuration, log and tracing of a process, ready to use. */
export interface Running<C> {
  name: string;
  config: C;
  logger: ServiceLogger;
  /** Sends the remaining spans; the last step of a process. */
  stopTracing: Stop;
}

/** Stops everything that was started, in order. */
export type Stop = () => Promise<void>;

/** Reads the configuration, opens the log and starts tracing. @throws EnvironmentError */
export async function prepare<C extends z.ZodObject>(
  { name, config, context }: ProcessOptions<C>,
  environment: NodeJS.ProcessEnv,
): Promise<Running<z.output<C> & CommonConfig>> {
  const settings = parseEnvironment(config, environment) as z.output<C> & CommonConfig;
  const all = asGiven(config, settings, environment);
  refuseDevelopmentSettings(config, all);
  const logger = await createLogger({
    service: name,
    level: settings.LOG_LEVEL,
    format: settings.LOG_FORMAT,
    context: () => ({ ...context?.(), ...aboutSpan() }),
  });
  // Also used by code that runs before Nest starts.
  Logger.overrideLogger(logger);
  for (const warning of warnings(config, all)) logger.warn(`${warning.variable} ${warning.why}`);
  const stopTracing = await startTracing(name, environment, logger);
  return { name, config: settings, logger, stopTracing };
}

/**
 * Returns all variables of the configuration, unset ones too. Keys are the given text, which has the development mark.
 */
function asGiven(config: z.ZodObject, settings: Settings, environment: NodeJS.ProcessEnv): Settings {
  const names = Object.keys(config.shape);
  const keys = names.filter((name) => name.endsWith('_KEY')).map((name) => [name, variable(name, environment)]);
  return { ...Object.fromEntries(names.map((name) => [name, undefined])), ...settings, ...Object.fromEntries(keys) };
}

/** EX_CONFIG of sysexits.h: a supervisor need not restart the process before its settings have changed. */
export const WRONG_SETTINGS = 78;

/**
 * Runs a process: starts it and stops it on signals. A failed boot prints one line; exit 78 for a wrong setting, else
 * 1.
 */
export async function runProcess(
  name: string,
  start: () => Promise<{ logger: ServiceLogger; stop: Stop }>,
): Promise<void> {
  try {
    const { logger, stop } = await start();
    stopOnSignal(stop, logger);
    endOnUncaught(logger);
  } catch (error) {
    const code = error instanceof EnvironmentError ? WRONG_SETTINGS : 1;
    process.stderr.write(`${name}: ${scrub(oneLine(error))}\n`, () => process.exit(code));
  }
}

/** Ends the process on an uncaught error, so that its supervisor starts a new one instead of a half-working process. */
function endOnUncaught(logger: ServiceLogger): void {
  const end = (error: unknown): void => {
    logger.fatal(error instanceof Error ? error : String(error));
    process.exit(1);
  };
  process.on('uncaughtException', end).on('unhandledRejection', end);
}

/**
 * Returns the message of an error in one line. A connection that was tried on several addresses fails with an
 * AggregateError, whose own message is empty, so its first error is used.
 */
export function oneLine(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') return oneLine(error.errors[0]);
  const text = error instanceof Error ? error.message || error.name : String(error);
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean)
    .join(' ');
}
