import { execFile } from 'node:child_process';
import { cp, mkdtemp, readdir, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { optionsKeptByNpm } from '../../src/config/npm-options.ts';

jest.setTimeout(60_000);

const root = path.resolve(import.meta.dirname, '../..');
let folder: string;

/** A copy of the project, so that a script which goes ahead by mistake writes nothing into this one. */
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'npm-options-'));
  for (const name of ['package.json', '.npmrc', 'scripts', 'src', 'tsconfig.json'])
    await cp(path.join(root, name), path.join(folder, name), { recursive: true });
  await symlink(path.join(root, 'node_modules'), path.join(folder, 'node_modules'));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `npm` as somebody would type it. Nobody listens at the address that stands for LaunchDarkly. */
function npm(args: readonly string[], env: Record<string, string> = {}): Promise<Ended> {
  const options = {
    cwd: folder,
    timeout: 50_000,
    env: { PATH: process.env.PATH, HOME: folder, LD_BASE_URI: 'http://127.0.0.1:9', LD_ACCESS_TOKEN: 'api-1', ...env },
  };
  return new Promise((resolve) => {
    execFile('npm', ['--silent', ...args], options, (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr });
    });
  });
}

describe('an option without "--" before it, which npm keeps for itself', () => {
  test.each([
    ['run bootstrap --dry-run', 'npm run bootstrap -- --dry-run'],
    ['run trust --no-system', 'npm run trust -- --no-system'],
    ['run clients rotate --keep-old --yes', 'npm run clients -- rotate --yes --keep-old'],
    ['run sandbox --port=0', 'npm run sandbox -- --port=…'],
  ])('npm %s: exit 2, nothing done, and how to write it', async (typed, right) => {
    const { code, stdout, stderr } = await npm(typed.split(' '));
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(right);
    expect(stderr).toContain("'--'");
    expect(await readdir(folder)).not.toContain('.env');
    expect(await readdir(folder)).not.toContain('.data');
  });

  test('an option that did arrive does not excuse one that did not', async () => {
    const { code, stderr } = await npm(['run', 'bootstrap', '--dry-run', '--', '--json']);
    expect(code).toBe(2);
    expect(stderr).toContain('--dry-run');
  });
});

test('a value that npm took for an argument is no reason to guess: the message shows where options go', async () => {
  const { code, stderr } = await npm(['run', 'bootstrap', '--description=Mine']);
  expect(code).toBe(2);
  expect(stderr).toContain('npm run bootstrap -- ');
  expect(stderr).not.toContain('Mine');
});

test('options behind "--" arrive, also with the second "--" that pnpm adds', async () => {
  expect(await npm(['run', 'bootstrap', '--', '--help'])).toMatchObject({ code: 0 });
  expect(await npm(['run', 'sandbox', '--', '--', '--help'])).toMatchObject({ code: 0 });
});

describe('optionsKeptByNpm', () => {
  const options = {
    yes: { type: 'boolean' },
    json: { type: 'boolean' },
    'dry-run': { type: 'boolean' },
    'no-system': { type: 'boolean' },
    name: { type: 'string' },
  } as const;

  test.each<[string, Record<string, string>, string[]]>([
    ['flags', { npm_config_dry_run: 'true', npm_config_json: 'true' }, ['json', 'dry-run']],
    ['a value', { npm_config_name: 'X' }, ['name']],
    ['an empty value', { npm_config_name: '' }, ['name']],
    ['a flag that was turned off', { npm_config_system: '' }, ['no-system']],
    ['what npm sets by itself', { npm_config_yes: '', npm_config_user_agent: 'npm', npm_command: 'run' }, []],
    ['--yes', { npm_config_yes: 'true', PATH: '/usr/bin' }, ['yes']],
    ['the --yes of npx', { npm_config_yes: 'true', npm_command: 'exec' }, []],
    [
      'the --yes of an npx around npm run',
      { npm_config_yes: 'true', PATH: `/root/.npm/_npx/12/node_modules/.bin${path.delimiter}/usr/bin` },
      [],
    ],
  ])('%s', (_what, env, expected) => {
    expect(optionsKeptByNpm(options, env)).toEqual(expected);
  });
});
