import type { ParseArgsConfig } from 'node:util';
import { parseArgs } from 'node:util';
import { optionsKeptByNpm } from '../../src/config/npm-options.ts';

/** The command line does not fit, or there is no terminal to ask on: exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
  readonly exitCode = 2;
}

/** How a script may be called. */
export interface Usage<Options extends NonNullable<ParseArgsConfig['options']>> {
  /** The name for `npm run`, and a subcommand where there is one: `clients rotate`. */
  readonly command: string;
  /** The whole text of `--help`. */
  readonly help: string;
  readonly options: Options;
  /** How many arguments there may be beside the options, default none. */
  readonly arguments?: { readonly min: number; readonly max: number };
}

/**
 * Reads a command line. Throws `UsageError`. Its message quotes no argument, since people paste tokens.
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
  refuseKeptOptions(usage, parsed.tokens);
  const { min, max } = usage.arguments ?? { min: 0, max: 0 };
  const count = parsed.positionals.length;
  const calling = `Options go behind "--": ${commandLine(usage.command, ['--help'])} shows them.`;
  if (count < min) throw new UsageError(`An argument is missing. ${calling}`);
  if (count > max)
    throw new UsageError(`${count - max === 1 ? 'Unexpected argument' : 'Unexpected arguments'}. ${calling}`);
  return { values: parsed.values, positionals: parsed.positionals };
}

function parse<Options extends NonNullable<ParseArgsConfig['options']>>(
  { options, command }: Usage<Options>,
  argv: readonly string[],
) {
  // Node looks for its own --env-file up to the first "--", which is why package.json puts one before ours. pnpm passes
  // on the one that was typed as well.
  const first = argv.findIndex((argument) => argument !== '--');
  try {
    return parseArgs({
      args: first < 0 ? [] : argv.slice(first),
      options: { ...options, help: { type: 'boolean', short: 'h' } },
      allowPositionals: true,
      strict: true,
      tokens: true,
    });
  } catch (error) {
    const problem = String((error as Error).message).split('. ')[0];
    throw new UsageError(`${problem}. ${commandLine(command, ['--help'])} shows what there is.`);
  }
}

/** Going ahead without them would do something else than was asked: register a client in place of a dry run. */
function refuseKeptOptions(
  { command, options }: Usage<NonNullable<ParseArgsConfig['options']>>,
  tokens: readonly { kind: string; name?: string }[],
): void {
  const arrived = new Set(tokens.map(({ name }) => name));
  const kept = optionsKeptByNpm(options).filter((name) => !arrived.has(name));
  if (kept.length === 0) return;
  const typed = kept.map((name) => `--${name}`);
  const right = kept.map((name) => (options[name]?.type === 'string' ? `--${name}=…` : `--${name}`));
  throw new UsageError(
    `npm kept ${typed.join(', ')} for itself, so nothing was done. Put "--" before the options:\n` +
      `  ${commandLine(command, right)}\n` +
      `In PowerShell quote it: '--'. If you did not type ${kept.length === 1 ? 'it' : 'them'}, an .npmrc or the environment sets npm_config_${kept[0]?.replaceAll('-', '_')}.`,
  );
}

/** @param command `clients rotate`, for example. */
function commandLine(command: string, options: readonly string[]): string {
  const [script, ...subcommand] = command.split(' ');
  return [`npm run ${script} --`, ...subcommand, ...options].join(' ');
}
