import { readFile, stat } from 'node:fs/promises';
import type { ConfigProblem } from '../config/config.ts';
import { readEnvFile } from '../config/config.ts';
import { assignmentLines } from '../config/env-text.ts';
import { isPlaceholder } from '../config/parsers.ts';
import type { Check, Setup } from './check.ts';
import { failed, ok, skipped, warn } from './check.ts';

/** The floor that package.json names too. */
const oldestNode = [20, 19] as const;

export const nodeVersion: Check = {
  name: 'node-version',
  title: 'Node.js version',
  run({ nodeVersion: version }) {
    const [major = 0, minor = 0] = version.split('.').map(Number);
    const [oldestMajor, oldestMinor] = oldestNode;
    if (major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)) return ok(version);
    return failed(`${version} is too old.`, `Install Node.js ${oldestNode.join('.')} or newer: https://nodejs.org`);
  },
};

export const envFilePresent: Check = {
  name: 'env-file',
  title: 'Env file',
  async run({ envFile, problems }) {
    if ((await modeOf(envFile)) !== undefined) return withoutDuplicates(envFile);
    if (problems.length === 0) return ok(`no ${envFile}; the environment holds every setting`);
    return failed(`${envFile} is missing.`, 'npm run bootstrap writes it.');
  },
};

export const envFilePrivate: Check = {
  name: 'env-file-private',
  title: 'Env file is private',
  async run({ envFile }) {
    const mode = await modeOf(envFile);
    if (mode === undefined) return skipped(`there is no ${envFile}`);
    if (process.platform === 'win32') return skipped('Windows keeps permissions elsewhere');
    const octal = (mode & 0o777).toString(8).padStart(4, '0');
    if ((mode & 0o077) === 0) return ok(octal);
    return failed(`Others on this machine can read ${envFile} (${octal}).`, `chmod 600 ${envFile}`);
  },
};

export const settingsComplete: Check = {
  name: 'settings-complete',
  title: 'Settings are complete',
  async run(setup) {
    const { missing } = problemsOf(setup);
    const nothingYet = missing.length > 0 && (await modeOf(setup.envFile)) === undefined;
    return nothingYet ? skipped(`there is no ${setup.envFile} yet`) : report(missing, 'nothing is missing');
  },
};

export const settingsFilledIn: Check = {
  name: 'settings-filled-in',
  title: 'Settings hold no placeholders',
  run: (setup) => report(problemsOf(setup).placeholders, 'none'),
};

export const settingsValid: Check = {
  name: 'settings-valid',
  title: 'Settings are valid',
  run: (setup) => report(problemsOf(setup).invalid, 'every value that is set can be used'),
};

/** The redirect URI has a line of its own; every other problem belongs to exactly one of three. */
function problemsOf({ problems, settingText }: Setup) {
  const others = problems.filter(({ name }) => name !== 'LD_OAUTH_REDIRECT_URI');
  const missing = others.filter(({ name }) => settingText(name) === undefined);
  const placeholders = others.filter(({ name }) =>
    settingText(name)
      ?.split(',')
      .some((part) => isPlaceholder(part.trim())),
  );
  const invalid = others.filter((problem) => !missing.includes(problem) && !placeholders.includes(problem));
  return { missing, placeholders, invalid };
}

function report(problems: readonly ConfigProblem[], well: string) {
  if (problems.length === 0) return ok(well);
  return failed(
    problems.map(({ name, problem }) => `${name} ${problem}`).join(' '),
    problems.map(({ name, example, source }) => `${name}=${example} (${source})`).join('; '),
  );
}

async function withoutDuplicates(envFile: string) {
  const text = await readFile(envFile, 'utf8').catch((error: NodeJS.ErrnoException) => error);
  if (typeof text !== 'string') return failed(`${envFile} cannot be read (${text.code}).`, 'Make it a readable file.');
  const twice = Object.keys(readEnvFile(envFile)).filter((name) => assignmentLines(text, name).length > 1);
  if (twice.length === 0) return ok(`${envFile} is there`);
  const where = twice.map((name) => `${name} on lines ${assignmentLines(text, name).join(' and ')}`);
  return warn(`Set more than once: ${where.join(', ')}. The last one counts.`, 'Keep one of them.');
}

async function modeOf(path: string): Promise<number | undefined> {
  return (await stat(path).catch(() => undefined))?.mode;
}
