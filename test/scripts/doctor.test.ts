import { appendFile } from 'node:fs/promises';
import { expect, jest, test } from '@jest/globals';
import { checks } from '../../src/doctor/examine.ts';
import { registerClient } from '../../src/registration/index.ts';
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

test('something is broken: the line, its mend, exit 1', async () => {
  await appendFile(given.world.envFile, 'SESSION_IDLE=soon\n');
  const { code, stdout } = await doctor();
  expect(code).toBe(1);
  expect(stdout).toMatch(/^✗ Settings are valid: SESSION_IDLE .*\n {4}mend: SESSION_IDLE=8h/m);
  expect(stdout).toContain('1 to mend.');
});

test('--json is one document with every check', async () => {
  const well = JSON.parse((await doctor(['--json'])).stdout);
  expect(well).toMatchObject({ ok: true });
  expect(well.checks.map(({ name }: { name: string }) => name)).toEqual(checks.map(({ name }) => name));
  await appendFile(given.world.envFile, 'LD_OAUTH_SCOPE="a  b"\n');
  const { code, stdout } = await doctor(['--json']);
  expect(code).toBe(1);
  expect(JSON.parse(stdout)).toMatchObject({ ok: false });
});

test('a wrong call exits 2, --help exits 0', async () => {
  expect((await doctor(['--fix'])).code).toBe(2);
  expect((await doctor(['--help'])).code).toBe(0);
});
