import type { ParseArgsConfig } from 'node:util';
import { parseArgs } from 'node:util';

/** The command line, or the terminal it runs in, does not fit: exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
  readonly exitCode = 2;
}

/** What a script is called with. */
export interface Usage<Options extends NonNullable<ParseArgsConfig['options']>> {
  /** The whole text of `--help`. */
  readonly help: string;
  readonly options: Options;
  /** How many arguments there may be beside the options, default none. */
  readonly arguments?: { readonly min: number; readonly max: number };
}

/**
 * Reads a command line. Throws `UsageError`; arguments are not quoted in it, since people paste tokens.
 * `undefined` when `--help` was asked for and has been printed.
 */
export function readArguments<Options extends NonNullable<ParseArgsConfig['options']>>(
  usage: Usage<Options>,
  argv: readonly string[],
) {
  const parsed = parse(usage, argv);
  if ('help' in parsed.values && parsed.values.help === true) {
    process.stdout.write(`${usage.help.trim()}\n`);
    return undefined;
  }
  const { min, max } = usage.arguments ?? { min: 0, max: 0 };
  const count = parsed.positionals.length;
  if (count < min) throw new UsageError('An argument is missing. --help shows how to call this.');
  if (count > max) {
    throw new UsageError(
      `${max === 0 ? 'Only options are' : `Not more than ${max} argument${max === 1 ? ' is' : 's are'}`} taken, and there ${count === 1 ? 'is one argument' : `are ${count} arguments`}. --help shows how to call this.`,
    );
  }
  return { values: parsed.values, positionals: parsed.positionals };
}

function parse<Options extends NonNullable<ParseArgsConfig['options']>>(
  { options }: Usage<Options>,
  argv: readonly string[],
) {
  try {
    return parseArgs({
      // Node looks for its own --env-file up to the first "--", which is why package.json puts one before ours.
      args: argv[0] === '--' ? argv.slice(1) : [...argv],
      options: { ...options, help: { type: 'boolean', short: 'h' } },
      allowPositionals: true,
      strict: true,
    });
  } catch (error) {
    const said = String((error as Error).message).split('. ')[0];
    throw new UsageError(`${said}. --help shows what there is.`);
  }
}
