import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from '@jest/globals';
import { parse } from 'dotenv';
import { compile } from './compiled.ts';
import { follow } from './program.ts';
import type { RegistrationWorld } from './registration.ts';

/** How a script ended, and everything it said. */
export interface Ended {
  readonly code: number | string;
  readonly stdout: string;
  readonly stderr: string;
}

/** `scripts/*.ts`, compiled once, run like `npm run` does it; whatever they say is searched for secrets. */
export interface Scripts {
  start(world: RegistrationWorld, script: string, args?: readonly string[], options?: RunOptions): ChildProcess;
  run(world: RegistrationWorld, script: string, args?: readonly string[], options?: RunOptions): Promise<Ended>;
  /** The command that `start` runs, for a shell. */
  commandLine(world: RegistrationWorld, script: string, args?: readonly string[]): string[];
  remove(): Promise<void>;
}

export interface RunOptions {
  /** Beside LD_BASE_URI and LD_ACCESS_TOKEN; undefined takes one away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Sees the process as soon as it runs. */
  readonly meanwhile?: (child: ChildProcess) => void;
}

export async function compileScripts(...names: readonly string[]): Promise<Scripts> {
  const { folder, remove } = await compile(names.map((name) => `scripts/${name}.ts`));

  function commandLine(world: RegistrationWorld, script: string, args: readonly string[] = []): string[] {
    const given = args.includes('--help') || args.includes('--env-file');
    const envFile = given ? [] : ['--env-file', world.envFile];
    return [process.execPath, path.join(folder, `scripts/${script}.js`), '--', ...args, ...envFile];
  }

  function start(world: RegistrationWorld, script: string, args?: readonly string[], { env }: RunOptions = {}) {
    const [node = '', ...rest] = commandLine(world, script, args);
    return spawn(node, rest, {
      cwd: world.folder,
      env: environment(world, env),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  }

  return {
    start,
    commandLine,
    remove,
    async run(world, script, args, options = {}) {
      const before = await secretsOf(world);
      const program = follow(start(world, script, args, options));
      options.meanwhile?.(program.child);
      const code = await program.ended;
      expectNoSecrets(program.stdout + program.stderr, [...before, ...(await secretsOf(world))]);
      await expectSecretsNowhereElse(world);
      return { code, stdout: program.stdout, stderr: program.stderr };
    },
  };
}

/** What the process of a script sees: nothing of ours but this. */
export function environment(
  { proxy, adminToken }: RegistrationWorld,
  env: Readonly<Record<string, string | undefined>> = {},
): NodeJS.ProcessEnv {
  return { PATH: process.env.PATH, LD_BASE_URI: proxy.url, LD_ACCESS_TOKEN: adminToken, ...env };
}

export function expectNoSecrets(text: string, secrets: readonly string[]): void {
  for (const secret of secrets) expect(text).not.toContain(secret);
}

/** Everything that only the env file, and the user who is asked for it, may know. */
export async function secretsOf(world: RegistrationWorld): Promise<string[]> {
  const text = await readFile(world.envFile, 'utf8').catch(() => '');
  const { LD_OAUTH_CLIENT_SECRET: secret, SESSION_SECRET: session } = parse(text);
  return [world.adminToken, world.readerToken, secret, session].filter(
    (text) => text !== undefined && text !== '',
  ) as string[];
}

/** The env file alone holds the secret, and not even that holds the access token. */
export async function expectSecretsNowhereElse(world: RegistrationWorld): Promise<void> {
  const secrets = await secretsOf(world);
  for (const name of await readdir(world.folder)) {
    const text = await readFile(path.join(world.folder, name), 'latin1').catch(() => '');
    expectNoSecrets(text, name === '.env' ? [world.adminToken, world.readerToken] : secrets);
  }
}
