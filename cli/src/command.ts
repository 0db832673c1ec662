import { parseCommandLine, wantsHelp, type CommandLine, type Options, type Syntax } from '@sluice/stack/command-line';

/** The exit code of a command; 0 when there is none. */
export type ExitCode = number | void;

/** A row of the table of commands. */
export interface Command extends Syntax {
  /** @throws {Failure} for a mistake in the arguments, and whatever the command throws */
  execute(args: string[]): Promise<ExitCode>;
}

/** A command that prints its usage when `--help` is among its arguments, and otherwise runs with the parsed ones. */
export function defineCommand<const O extends Options = Record<never, never>>({
  run,
  ...syntax
}: Syntax<O> & { run(line: CommandLine<O>): Promise<ExitCode> | ExitCode }): Command & Syntax<O> {
  return {
    ...syntax,
    execute: async (args) =>
      wantsHelp(syntax, args) ? console.log(syntax.usage) : run(parseCommandLine<O>(syntax, args)),
  };
}

export const FLAG = { type: 'boolean' } as const;
export const TEXT = { type: 'string' } as const;
export const TEXTS = { type: 'string', multiple: true } as const;

export const NO_LIMIT = Number.POSITIVE_INFINITY;
