import { execFileSync, spawn } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { blocksOf, files, markedBlock, root } from '../support/documents.ts';
import { follow, type Program } from '../support/program.ts';
import { ariel, freePort, logIn } from '../support/test-app.ts';

let folder: string;
let started: Program[];

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'quick-start-'));
  started = [];
});

afterEach(async () => {
  await Promise.all(started.map((program) => signal(program, 'SIGKILL')));
  await rm(folder, { recursive: true, force: true });
});

/** Types a command into a shell of its own. */
function type(command: string, cwd: string, env: Record<string, string>): Program {
  const program = follow(
    spawn('sh', ['-c', command], {
      cwd,
      env: { PATH: process.env.PATH, HOME: folder, ...env },
      detached: true,
    }),
  );
  started.push(program);
  return program;
}

/** To the shell and all that it started, as Ctrl-C does. Resolves when all of it has ended. */
async function signal({ child, ended }: Program, name: NodeJS.Signals): Promise<void> {
  if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) {
    process.kill(-child.pid, name);
  }
  await ended;
}

/** A clean copy of the project: the files that git knows. Nothing is installed in it. */
async function cleanCopy(): Promise<string> {
  const copy = path.join(folder, 'copy');
  await Promise.all(files.map((file) => cp(path.join(root, file), path.join(copy, file))));
  return copy;
}

/** npm, but for `npm ci`, which takes what is installed here: the real one is left to .ci/quick-start. */
async function npmWithoutNetwork(): Promise<string> {
  const bin = path.join(folder, 'bin');
  const npm = execFileSync('sh', ['-c', 'command -v npm'], { encoding: 'utf8' }).trim();
  const install = `ln -s '${path.join(root, 'node_modules')}' node_modules`;
  await mkdir(bin);
  await writeFile(path.join(bin, 'npm'), `#!/bin/sh\n[ "$1" = ci ] && exec ${install}\nexec '${npm}' "$@"\n`, {
    mode: 0o755,
  });
  return bin;
}

test('the first command of the README, as it is written, ends in a login', async () => {
  const [quickStart, tests] = blocksOf('README.md').filter(({ language }) => language === 'sh');
  const cwd = await cleanCopy();
  const ports = { PORT: String(await freePort()), SANDBOX_PORT: String(await freePort()) };
  const PATH = `${await npmWithoutNetwork()}:${process.env.PATH}`;
  const program = type(quickStart?.text ?? '', cwd, { PATH, ...ports });
  const [url] = await program.prints(/^https:\/\/localhost:\d+$/m);

  const { page } = await logIn({ url });
  expect(page.body).toContain(ariel.email);

  await signal(program, 'SIGINT');
  expect(tests?.text).toBe('npm ci && npm test\n');
}, 60_000);

test('the rehearsal of docs/sandbox.md goes from registration to login', async () => {
  const cwd = await cleanCopy();
  await symlink(path.join(root, 'node_modules'), path.join(cwd, 'node_modules'));
  const block = markedBlock('docs/sandbox.md', 'run', 'rehearsal').text;
  const [sandbox = '', bootstrap = '', start = ''] = block.split('\n');
  const [port, sandboxPort] = [await freePort(), String(await freePort())];

  const standIn = type(sandbox, cwd, { SANDBOX_PORT: sandboxPort });
  const [, token = ''] = await standIn.prints(/Admin's API access token +(\S+)/);
  const redirectUri = `https://localhost:${port}/auth/callback`;
  const answers = { LD_ACCESS_TOKEN: token, LD_OAUTH_REDIRECT_URI: redirectUri };
  const registration = type(bootstrap.replace('4000', sandboxPort), cwd, answers);
  expect(await registration.ended).toBe(0);

  await type(start, cwd, {}).prints(/"event":"listening"/);
  const { page } = await logIn({ url: `https://localhost:${port}` });
  expect(page.body).toContain(ariel.email);
}, 90_000);
