import path from 'node:path';

/** The environment that npm gives to a script. */
type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The options of a script that npm has kept for itself, because they were typed without `--` before them. npm reads
 * `npm run bootstrap --dry-run` as a setting of its own, sets `npm_config_dry_run`, and the script sees nothing.
 *
 * @param options names without dashes, and their types as in Node's `parseArgs`.
 * @returns the names that npm has a value for, in the given order.
 */
export function optionsKeptByNpm(
  options: Readonly<Record<string, { readonly type: 'boolean' | 'string' }>>,
  env: Environment = process.env,
): string[] {
  if (env.npm_command === 'exec') return []; // npx passes on everything after the program's name
  return Object.entries(options)
    .filter(([name, { type }]) => isKept(name, type, env))
    .map(([name]) => name);
}

function isKept(name: string, type: 'boolean' | 'string', env: Environment): boolean {
  if (name === 'yes' && startedByNpx(env)) return false;
  if (name.startsWith('no-')) return npmSetting(name.slice('no-'.length), env) === '';
  const value = npmSetting(name, env);
  return type === 'string' ? value !== undefined : Boolean(value) && value !== 'false';
}

function npmSetting(name: string, env: Environment): string | undefined {
  return env[`npm_config_${name.replaceAll('-', '_')}`];
}

/** `npx --yes … npm run …` hands its own `npm_config_yes` down. It also puts its cache into the PATH. */
function startedByNpx(env: Environment): boolean {
  return (env.PATH ?? env.Path ?? '').split(path.delimiter).some((folder) => /[\\/]_npx[\\/]/.test(folder));
}
