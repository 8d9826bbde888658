import type { ChildProcess } from 'node:child_process';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';
import { afterEach, describe, expect, test } from '@jest/globals';
import { withSandbox } from './support.ts';

const environment = { PATH: process.env.PATH };
const children: ChildProcess[] = [];

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

async function run(command: string, ...args: string[]) {
  const options = { env: environment, timeout: 30_000 };
  try {
    const { stdout, stderr } = await promisify(execFile)(
      process.execPath,
      ['--import', 'tsx', command, ...args],
      options,
    );
    return { code: 0, stdout, stderr };
  } catch (error) {
    return error as { code: number; stdout: string; stderr: string };
  }
}

async function firstLine(child: ChildProcess): Promise<string> {
  const [chunk] = await once(child.stdout!, 'data');
  return String(chunk);
}

describe.each(['scripts/sandbox.ts', 'src/sandbox/cli.ts'])('%s', (command) => {
  test('prints where it listens and the two tokens, which work; Ctrl-C ends it with 0', async () => {
    const child = spawn(process.execPath, ['--import', 'tsx', command, '--port', '0', '--json'], {
      env: { ...environment, SANDBOX_ADMIN_TOKEN: 'api-of-the-environment' },
    });
    children.push(child);
    const { url, adminToken, readerToken } = JSON.parse(await firstLine(child));
    expect(adminToken).toBe('api-of-the-environment');
    const status = async (token: string) =>
      (await fetch(`${url}/api/v2/oauth/clients`, { headers: { Authorization: token } })).status;
    expect(await status(adminToken)).toBe(200);
    expect(await status(readerToken)).toBe(403);
    child.kill('SIGINT');
    expect(await once(child, 'exit')).toEqual([0, null]);
  });

  test('--help tells a stranger how to point an app at it', async () => {
    const { code, stdout } = await run(command, '--help');
    expect(code).toBe(0);
    for (const text of [
      '--port',
      '--data-dir',
      '--auto-approve',
      '/trust/oauth/token',
      'SANDBOX_ADMIN_TOKEN',
    ]) {
      expect(stdout).toContain(text);
    }
  });

  test('wrong usage and a taken port exit with 2 and say what would be right', async () => {
    const misuses = [['--prot', '4000'], ['--port', '70000'], ['extra']];
    const results = await Promise.all(misuses.map((args) => run(command, ...args)));
    for (const { code, stderr } of results) {
      expect(code).toBe(2);
      expect(stderr).toContain('--help');
      expect(stderr).not.toMatch(/^\s+at /m);
    }
    await withSandbox({}, async ({ url }) => {
      const { code, stderr } = await run(command, '--port', new URL(url).port);
      expect(code).toBe(2);
      expect(stderr).toContain('SANDBOX_PORT');
    });
  });
});
