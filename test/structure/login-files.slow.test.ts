import { execFile, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';
import { startSandbox } from '../../src/sandbox/start-sandbox.ts';
import { freePort } from '../support/free-port.ts';
import { instanceSettings, logInAt } from '../support/instances.ts';
import { follow } from '../support/program.ts';

const root = path.resolve(import.meta.dirname, '../..');

/** A file that the app was compiled to, and its functions that ran. */
interface Entered {
  readonly url: string;
  readonly functions: readonly string[];
}

test('a reader of one login opens at most 25 files', async () => {
  const entered = await filesOfLogin();
  const list = entered.map(({ file, functions }) => `${file} (${functions})`);
  console.log(`One login enters ${list.length} files (functions):\n${list.join('\n')}`);
  expect(list.length).toBeLessThanOrEqual(25);
}, 60_000);

/** Builds the app, starts it, and asks which of its files a login enters: the second one, when all is loaded. */
async function filesOfLogin(): Promise<{ file: string; functions: number }[]> {
  const cache = path.join(root, 'node_modules', '.cache');
  await mkdir(cache, { recursive: true });
  const folder = await mkdtemp(path.join(cache, 'login-files-'));
  const sandbox = await startSandbox({ port: 0, autoApprove: true });
  try {
    await writeFile(path.join(folder, 'package.json'), '{"type":"module"}');
    await symlink(path.join(root, 'views'), path.join(folder, 'views'));
    await promisify(execFile)(process.execPath, [
      path.join(root, 'node_modules/typescript/bin/tsc'),
      ...['-p', path.join(root, 'tsconfig.build.json'), '--outDir', path.join(folder, 'dist')],
    ]);
    const port = await freePort();
    const child = fork(path.join(folder, 'dist/server.js'), {
      cwd: folder,
      env: {
        PATH: process.env.PATH,
        ...(await instanceSettings(sandbox, { PORT: String(port), LOG_LEVEL: 'info' })),
      },
      execArgv: ['--import', path.join(import.meta.dirname, 'coverage-probe.mjs')],
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    const tell = async (command: 'start' | 'take') => {
      child.send(command);
      const [answer] = await once(child, 'message', { signal: AbortSignal.timeout(10_000) });
      return answer as Entered[];
    };
    const request = async (target: string, { cookie = '' } = {}) => {
      const answer = await fetch(`http://127.0.0.1:${port}${target}`, {
        redirect: 'manual',
        headers: { 'x-forwarded-proto': 'https', accept: 'text/html', cookie },
      });
      const headers = { ...Object.fromEntries(answer.headers), 'set-cookie': answer.headers.getSetCookie() };
      return { status: answer.status, headers, body: await answer.text() };
    };
    try {
      await follow(child).prints(/"event":"listening"/);
      await logInAt({ request });
      await tell('start');
      await logInAt({ request });
      const prefix = `file://${folder}/dist/`;
      return (await tell('take'))
        .filter(({ url }) => url.startsWith(prefix))
        .map(({ url, functions }) => ({ file: url.slice(prefix.length), functions: functions.length }))
        .sort((a, b) => a.file.localeCompare(b.file));
    } finally {
      child.kill('SIGKILL');
    }
  } finally {
    await sandbox.close();
    await rm(folder, { recursive: true, force: true });
  }
}
