import { expect, test } from '@jest/globals';
import { runProgram } from '../support/program.ts';

const terminal = new URL('../../scripts/support/terminal.ts', import.meta.url).href;

test('a concealed text is printed by no means, whatever it is part of', async () => {
  const secret = 'k3y "with\\ awkward" +/=& signs :';
  const { stdout, stderr } = await program(`
    terminal.redact(${JSON.stringify(secret)});
    terminal.print('a' + ${JSON.stringify(secret)} + 'b');
    terminal.info('c' + ${JSON.stringify(secret)} + 'd');
    json.redact(${JSON.stringify(secret)});
    json.printJson({ message: 'e' + ${JSON.stringify(secret)} + 'f' });
  `);
  expect(stdout).toBe('a[hidden]b\n{\n  "message": "e[hidden]f"\n}\n');
  expect(stderr).toBe('c[hidden]d\n');
});

test('control characters are escaped, even if nobody cleaned the text', async () => {
  const { stdout, stderr } = await program(String.raw`
    terminal.print('one\u001b[1A\u001b[8mtwo\u202e\u2028three\nfour');
    terminal.info('one\u009b2Jtwo\u061c');
    json.printJson({ name: 'a\u009b2Jb\u202ec' });
  `);
  expect(stdout).toBe('one\\u001b[1A\\u001b[8mtwo\\u202e\\u2028three\nfour\n{\n  "name": "a\\u009b2Jb\\u202ec"\n}\n');
  expect(stderr).toBe('one\\u009b2Jtwo\\u061c\n');
});

/** Runs `body` with a terminal for people and one for programs; resolves to what it said. */
async function program(body: string): Promise<{ stdout: string; stderr: string }> {
  const running = runProgram(`
    import { openTerminal } from ${JSON.stringify(terminal)};
    const terminal = openTerminal();
    const json = openTerminal({ json: true });
    ${body}
  `);
  expect([await running.ended, running.stderr]).toEqual([0, running.stderr]);
  return running;
}
