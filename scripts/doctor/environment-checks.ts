import { readFile, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { ConfigProblem } from '../../src/config/config.ts';
import { readEnvFile } from '../../src/config/config.ts';
import { isPrivate, octal, storesPermissions } from '../../src/config/env-file.ts';
import { assignmentLines } from '../../src/config/env-text.ts';
import { isPlaceholder } from '../../src/config/parsers.ts';
import type { Check, Finding, Setup } from './check.ts';
import { failed, ok, skipped, warn } from './check.ts';

/** The minimum in package.json. */
const oldestNode = [20, 19] as const;

/** Whether this Node.js is supported. */
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

/** Whether the env file exists and sets each name once. */
export const envFilePresent: Check = {
  name: 'env-file',
  title: 'Env file',
  async run({ envFile, problems }) {
    if (await statOf(envFile)) return findDuplicates(envFile);
    if (problems.length === 0) return ok(`no ${envFile}; all settings are in the environment`);
    return failed(`There is no ${resolve(envFile)}.`, 'npm run bootstrap creates it.');
  },
};

async function findDuplicates(envFile: string): Promise<Finding> {
  const text = await readFile(envFile, 'utf8');
  const twice = Object.keys(readEnvFile(envFile)).filter((name) => assignmentLines(text, name).length > 1);
  if (twice.length === 0) return ok(`${envFile} is there`);
  const where = twice.map((name) => `${name} on lines ${assignmentLines(text, name).join(' and ')}`);
  return warn(`Set more than once: ${where.join(', ')}. The last one counts.`, 'Keep one of them.');
}

/** Whether other users of this machine can read the secrets. */
export const envFilePrivate: Check = {
  name: 'env-file-private',
  title: 'Env file is private',
  async run({ envFile }) {
    const found = await statOf(envFile);
    if (!found) return skipped(`there is no ${envFile}`);
    if (process.platform === 'win32') return skipped('Windows stores permissions elsewhere');
    if (isPrivate(found)) return ok(octal(found));
    const problem = `Other users of this machine can read ${envFile} (${octal(found)}).`;
    if (await storesPermissions(envFile)) return failed(problem, `chmod 600 ${envFile}`);
    return warn(
      `${problem} Its file system stores no permissions, so chmod cannot change that.`,
      'Keep it on another file system (on WSL not below /mnt), or let only trusted users on this machine.',
    );
  },
};

/** Whether every required setting is set. */
export const settingsComplete: Check = {
  name: 'settings-complete',
  title: 'Settings are complete',
  async run(setup) {
    const { missing } = sortProblems(setup);
    const nothingYet = missing.length > 0 && !(await statOf(setup.envFile));
    return nothingYet ? skipped(`there is no ${setup.envFile} yet`) : report(missing, 'nothing is missing');
  },
};

/** Whether every placeholder was replaced. */
export const settingsFilledIn: Check = {
  name: 'settings-filled-in',
  title: 'No placeholder values',
  run: (setup) => report(sortProblems(setup).placeholders, 'none found'),
};

/** Whether the app would accept every value. */
export const settingsValid: Check = {
  name: 'settings-valid',
  title: 'Settings are valid',
  run: (setup) => report(sortProblems(setup).invalid, 'every value can be used'),
};

/** The redirect URI has its own check; every other problem belongs to exactly one of three. */
function sortProblems({ problems, settingText }: Setup) {
  const isFilledIn = ({ name }: ConfigProblem) =>
    !settingText(name)
      ?.split(',')
      .some((part) => isPlaceholder(part.trim()));
  const others = problems.filter(({ name }) => name !== 'LD_OAUTH_REDIRECT_URI');
  const given = others.filter(({ readFrom }) => readFrom !== undefined);
  return {
    missing: others.filter((problem) => !given.includes(problem)),
    placeholders: given.filter((problem) => !isFilledIn(problem)),
    invalid: given.filter(isFilledIn),
  };
}

function report(problems: readonly ConfigProblem[], whenNone: string): Finding {
  if (problems.length === 0) return ok(whenNone);
  return failed(
    problems.map(({ name, problem }) => `${name} ${problem}`).join(' '),
    problems.map(({ name, example, source }) => `${name}=${example} (${source})`).join('; '),
  );
}

function statOf(path: string) {
  return stat(path).catch(() => undefined);
}
