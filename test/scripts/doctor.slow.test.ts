import { appendFile, mkdir, rm } from 'node:fs/promises';
import { expect, jest, test } from '@jest/globals';
import { checks } from '../../scripts/doctor/run-checks.ts';
import { registerClient } from '../../scripts/registration/index.ts';
import { closedPort } from '../support/http-server.ts';
import { registrationWorld } from '../support/registration.ts';
import { scriptInWorld } from '../support/script-in-world.ts';
import type { RunOptions } from '../support/scripts.ts';

jest.setTimeout(60_000);

const given = scriptInWorld('doctor', async () => {
  const made = await registrationWorld({
    text: '',
    redirectUri: `https://localhost:${await closedPort()}/auth/callback`,
  });
  await registerClient(made.options());
  return made;
});

const doctor = (args: readonly string[] = [], options?: RunOptions) => given.run(args, options);

test('all is well: one line a check, exit 0', async () => {
  const { code, stdout, stderr } = await doctor();
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout.match(/^[✓-] /gm)).toHaveLength(checks.length);
  expect(stdout).toContain('All is well.');
});

test('without an access token: exit 0 too', async () => {
  expect((await doctor([], { env: { LD_ACCESS_TOKEN: undefined } })).code).toBe(0);
});

test('a check fails: the line, its fix, exit 1', async () => {
  await appendFile(given.world.envFile, 'SESSION_IDLE=soon\n');
  const { code, stdout } = await doctor();
  expect(code).toBe(1);
  expect(stdout).toMatch(/^✗ Settings are valid: SESSION_IDLE .*\n {4}fix: SESSION_IDLE=8h/m);
  expect(stdout).toContain('1 problem.');
});

test('--json is one document with every check', async () => {
  const well = JSON.parse((await doctor(['--json'])).stdout);
  expect(well).toMatchObject({ ok: true });
  expect(well.checks.map(({ check }: { check: string }) => check)).toEqual(checks.map(({ name }) => name));
  await appendFile(given.world.envFile, 'LD_OAUTH_SCOPE="a  b"\n');
  const { code, stdout } = await doctor(['--json']);
  expect(code).toBe(1);
  const report = JSON.parse(stdout);
  expect(report).toMatchObject({ ok: false });
  expect(report.checks.filter(({ status }: { status: string }) => status === 'failed')).toEqual([
    {
      check: 'settings-valid',
      title: 'Settings are valid',
      status: 'failed',
      problem: expect.stringContaining('LD_OAUTH_SCOPE'),
      fix: expect.stringContaining('LD_OAUTH_SCOPE=reader'),
    },
  ]);
});

test('an env file that cannot be read: one sentence, exit 2', async () => {
  await rm(given.world.envFile);
  await mkdir(given.world.envFile);
  const { code, stdout, stderr } = await doctor();
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr.trim().split('\n')).toEqual([expect.stringMatching(/there is a folder in its place/)]);
});

test('a client that somebody renamed cannot write to the terminal', async () => {
  const name = 'x\u001b]0;title\u0007\u001b[1A\u001b[2K\n✓ Everything is fine\u202e';
  await given.world
    .options()
    .launchDarkly.patchOAuth2Client({ apiToken: given.world.adminToken }, given.world.env().LD_OAUTH_CLIENT_ID ?? '', {
      name,
    });
  const { stdout } = await doctor();
  expect(stdout).toMatch(/^✓ Client exists: "x \]0;title \[1A \[2K ✓ Everything is fine "/m);
  expect(stdout).not.toMatch(/[^\P{Cc}\n]|\p{Bidi_Control}/u);
});

test('a wrong call exits 2, --help exits 0', async () => {
  expect((await doctor(['--fix'])).code).toBe(2);
  expect((await doctor(['--help'])).code).toBe(0);
});
