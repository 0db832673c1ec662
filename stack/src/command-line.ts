import { parseArgs } from 'node:util';
import { messageOf } from './errors.js';
import { Failure } from './failure.js';

export type Options = Record<string, { type: 'boolean' | 'string'; short?: string; multiple?: boolean }>;

/** The words and options that a command accepts. */
export interface Syntax<O extends Options = Options> {
  /** Printed by `--help`, and beneath a mistake. */
  usage: string;
  options?: O;
  /** How many words may stand beside the options; none when absent. */
  words?: readonly [min: number, max: number];
  /** What follows the first word belongs to another program, which refuses what it does not accept. */
  passes?: boolean;
}

export type OptionValues<O extends Options> = {
  [K in keyof O]?: O[K]['type'] extends 'boolean' ? boolean : O[K]['multiple'] extends true ? string[] : string;
};

export interface CommandLine<O extends Options = Options> {
  words: string[];
  values: OptionValues<O>;
  /** Words and options as they were typed. */
  args: string[];
  /** A failure with the usage of the command beneath it. */
  mistake(message: string): Failure;
}

/** Whether the usage is requested. Behind the first word of a command that passes its arguments on, `--help` is passed on. */
export const wantsHelp = ({ passes }: Pick<Syntax, 'passes'>, args: readonly string[]): boolean =>
  (passes ? args.slice(0, 1) : args).some((arg) => arg === '--help' || arg === '-h');

/** @throws {Failure} at the first word or option that the command does not have */
export function parseCommandLine<const O extends Options>(syntax: Syntax<O>, args: string[]): CommandLine<O> {
  const { usage, words: [min, max] = [0, 0], passes } = syntax;
  const mistake = (message: string): Failure => new Failure(message, `Usage: ${usage.replaceAll('\n', '\n  ')}`);
  if (passes) return { words: args, values: {}, args, mistake };
  const { words, values } = parsed(syntax, args, mistake);
  if (words.length > max) throw mistake(`not understood: ${words.slice(max).join(' ')}`);
  if (words.length < min) throw mistake(args.length === 0 ? 'what shall it do?' : `not enough: ${args.join(' ')}`);
  return { words, values, args, mistake };
}

function parsed<O extends Options>(
  { options }: Syntax<O>,
  args: string[],
  mistake: (message: string) => Failure,
): Pick<CommandLine<O>, 'words' | 'values'> {
  try {
    const { positionals, values } = parseArgs({ args, options: options ?? {}, allowPositionals: true });
    return { words: positionals, values: values as OptionValues<O> };
  } catch (error) {
    throw mistake(messageOf(error).replace(/(?:\. |\n).*/s, '')); // Node.js goes on with advice about "--"
  }
}
