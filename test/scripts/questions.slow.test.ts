import { spawn } from 'node:child_process';
import { expect, jest, test } from '@jest/globals';
import { registerClient } from '../../scripts/registration/index.ts';
import { follow, type Program } from '../support/program.ts';
import { registrationWorld } from '../support/registration.ts';
import { scriptInWorld } from '../support/script-in-world.ts';
import { environment } from '../support/scripts.ts';
import { describeWith } from '../support/when-installed.ts';

jest.setTimeout(60_000);

describeWith('script', 'bsdutils', 'on a terminal', (pseudoTerminal) => {
  const given = scriptInWorld('clients', async () => {
    const made = await registrationWorld();
    await registerClient(made.options());
    return made;
  });

  test('a missing token is asked for until one is typed, and is not shown', async () => {
    const program = onTerminal(['list'], { LD_ACCESS_TOKEN: undefined });
    await program.prints(/API access token with the Admin role \(not shown, not saved\): $/);
    program.type('\r');
    await program.prints(/: \r\nIt begins with "api-"\.\r\nAPI access token .*: $/);
    program.type(` ${given.world.adminToken}wrong\u007f\u007f\u007f\u007f\u007f\r`);
    expect(await program.ended).toBe(0);
    expect(program.stdout).toMatch(/not saved\): \r\n.*\* .*Log in with LaunchDarkly/s);
    expect(program.stdout).not.toContain(given.world.adminToken);
  });

  test.each([
    ['Ctrl-C', 'api-12345678\u0003'],
    ['Ctrl-D', '\u0004'],
  ])('%s in place of a token ends it with 130', async (_name, keys) => {
    const program = onTerminal(['list'], { LD_ACCESS_TOKEN: undefined });
    await program.prints(/not saved\): $/);
    program.type(keys);
    expect(await program.ended).toBe(130);
    expect(program.stdout).toMatch(/not saved\): \r\nNothing was changed\./);
  });

  test.each([
    ['y\r', 0],
    ['Yes\r', 0],
    ['yesterday\r', 1],
    ['n\r', 1],
    ['\r', 1],
    ['y\u0003', 130],
  ])('a deletion is asked for, and ends after %j with %i', async (keys, exitCode) => {
    const program = onTerminal(['delete', given.world.env().LD_OAUTH_CLIENT_ID ?? '', '--force']);
    await program.prints(/\(y\/N\) /);
    program.type(keys);
    expect(await program.ended).toBe(exitCode);
    expect(await given.world.clients()).toHaveLength(exitCode === 0 ? 0 : 1);
    if (exitCode > 0) expect(program.stdout).toMatch(/\r\n.*Nothing was changed\./);
  });

  /** Runs `clients`; what it says on both streams arrives as the one that a terminal is. */
  function onTerminal(args: readonly string[], env = {}): Program & { type(keys: string): void } {
    const command = given.commandLine(args).map((word) => `'${word}'`);
    const child = spawn(pseudoTerminal, ['-qefc', `exec ${command.join(' ')}`, '/dev/null'], {
      cwd: given.world.folder,
      env: environment(given.world, { TERM: 'xterm', NO_COLOR: '1', ...env }),
    });
    return Object.assign(follow(child), { type: (keys: string) => void child.stdin.write(keys) });
  }
});
