import { execFileSync } from 'node:child_process';
import { chmod, mkdir, rm, writeFile } from 'node:fs/promises';
import { describe, expect, jest, test } from '@jest/globals';
import { registerClient } from '../../scripts/registration/index.ts';
import { follow } from '../support/program.ts';
import { redirectUri } from '../support/registration.ts';
import { scriptInWorld } from '../support/script-in-world.ts';
import type { RunOptions } from '../support/scripts.ts';
import { expectNoSecrets } from '../support/scripts.ts';

jest.setTimeout(60_000);

const given = scriptInWorld('bootstrap');

const here = ['--redirect-uri', redirectUri];
const bootstrap = (args: readonly string[] = here, options?: RunOptions) => given.run(args, options);

describe('a failure says what LaunchDarkly said, what it likely means, and what to do', () => {
  test.each<[number, string, RegExp]>([
    [
      400,
      '{"code":"invalid_request","message":"validation failed","errors":[{"attribute":"redirectUri","reason":"must be https"}]}',
      /must be https.*redirect URI/s,
    ],
    [
      401,
      '{"code":"unauthorized","message":"Invalid account ID header"}',
      /Invalid account ID header.*another LaunchDarkly instance.*LD_BASE_URI/s,
    ],
    [401, '', /401.*expired/s],
    [403, '{"code":"forbidden","message":"Forbidden."}', /Forbidden.*role.*Admin/s],
    [404, '{"code":"not_found","message":"Invalid resource identifier"}', /Invalid resource identifier.*instance/s],
    [409, '{"code":"optimistic_locking_error","message":"Conflict."}', /Conflict.*again/s],
    [500, '<h1>oops</h1>', /500.*again/s],
  ])('%d %s', async (status, body, says) => {
    given.world.proxy.fail(/^POST/, { acts: false, answer: { status, body } });
    const { code, stderr, stdout } = await bootstrap();
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(says);
    expect(stderr).not.toMatch(/^\s+at /m);
    await registerClient(given.world.options());
    expect(await given.world.clients()).toHaveLength(1);
  });

  test('an answer that repeats the token does not get it printed', async () => {
    const body = JSON.stringify({ code: 'x', message: `bad token ${given.world.adminToken}` });
    given.world.proxy.fail(/./, { acts: false, answer: { status: 400, body } }, 9);
    expect((await bootstrap()).code).toBe(1);
  });

  test('an answer with the secret in it that makes no sense does not get it printed', async () => {
    const answer = ({ status, body = '' }: { status: number; body?: string }) => {
      leaked = /"_clientSecret":"([^"]+)"/.exec(body)?.[1] ?? '';
      return { status, body: body.slice(1) };
    };
    let leaked = '';
    given.world.proxy.fail(/^POST/, { acts: true, answer });
    const { code, stdout, stderr } = await bootstrap();
    expect(code).toBe(1);
    expect(leaked).not.toBe('');
    expectNoSecrets(stdout + stderr, [leaked]);
    expect(await given.world.clients()).toEqual([]);
  });

  test.each<[string, () => Promise<void>, RegExp]>([
    [
      'a folder in place of the env file',
      async () => {
        await rm(given.world.envFile);
        await mkdir(given.world.envFile);
      },
      /folder in its place/,
    ],
    ['a read-only env file', () => chmod(given.world.envFile, 0o400), /chmod u\+w/],
    ['a name set twice', () => writeFile(given.world.envFile, 'SESSION_SECRET=\nSESSION_SECRET=\n'), /lines 1 and 2/],
    [
      'an env file in UTF-16',
      () => writeFile(given.world.envFile, '\uFEFFPORT=1\r\n', 'utf16le'),
      /UTF-16.*Save it as UTF-8/,
    ],
  ])('%s: nothing is registered', async (_, prepare, says) => {
    await prepare();
    const { code, stderr } = await bootstrap();
    expect(code).toBe(/folder in its place|UTF-16/.test(says.source) ? 2 : 1);
    expect(stderr).toMatch(says);
    expect(await given.world.clients()).toEqual([]);
  });
});

test('a FIFO in place of the env file: exits 2 and does not wait for a writer', async () => {
  await rm(given.world.envFile);
  execFileSync('mkfifo', [given.world.envFile]);
  const program = follow(given.start(here));
  const code = await program.ended;
  await rm(given.world.envFile); // a reader would wait
  expect([code, program.stderr]).toEqual([2, expect.stringMatching(/named pipe/)]);
  expect(await given.world.clients()).toEqual([]);
});

test('an env file where nothing can be written: says so, and registers nothing', async () => {
  const nowhere = '/sys/nowhere/.env';
  const { code, stderr } = await bootstrap([...here, '--env-file', nowhere]);
  expect({ code, stderr }).toMatchObject({ code: 1, stderr: expect.stringContaining('cannot be written') });
  expect(await given.world.clients()).toEqual([]);
});
