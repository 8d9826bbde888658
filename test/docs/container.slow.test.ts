import { execFile, spawn } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { networkInterfaces, tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { Browser } from '../support/browser.ts';
import { privateCa } from '../support/certificates.ts';
import { read, root } from '../support/documents.ts';
import { follow, type Program } from '../support/program.ts';
import { freePort } from '../support/test-app.ts';

jest.setTimeout(60_000);

const [, buildStage = '', image = ''] = read('docs/deploy/Dockerfile')
  .replaceAll('\\\n', '')
  .split(/^FROM .*\n/m);
const environment = Object.fromEntries(
  [...image.matchAll(/(?:^ENV|\s)\s*([A-Z_]+)=(\S+)/gm)].map(([, name, value]) => [name, value]),
);
const command: string[] = JSON.parse(/^CMD (\[.*)$/m.exec(image)?.[1] ?? '[]');
const healthCheck: string[] = JSON.parse(/^HEALTHCHECK.*CMD (\[.*)$/m.exec(image)?.[1] ?? '[]');

let folder: string;
let app: string;
const started: Program[] = [];

/** The steps of the Dockerfile, but for the installation of packages. */
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'container-'));
  const build = path.join(folder, 'build');
  app = path.join(folder, 'app');
  for (const place of [build, app]) {
    await mkdir(place);
    await symlink(path.join(root, 'node_modules'), path.join(place, 'node_modules'));
  }
  await copy(buildStage, root, build);
  await promisify(execFile)('npm', ['run', 'build'], { cwd: build });
  await copy(
    image.replaceAll(/^COPY --from=.*node_modules.*\n/gm, '').replaceAll('--from=build /app/', '../build/'),
    root,
    app,
  );
});
afterEach(async () => {
  for (const { child, ended } of started.splice(0)) {
    child.kill('SIGKILL');
    await ended;
  }
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Every COPY of a stage; what begins with `../build/` comes from the other one. */
async function copy(stage: string, from: string, to: string): Promise<void> {
  for (const [, line = ''] of stage.matchAll(/^COPY (.*)$/gm)) {
    const words = line.trim().split(' ');
    const target = words.pop() ?? '';
    for (const word of words) {
      const source = word.startsWith('../build/') ? path.join(to, word) : path.join(from, word);
      const place = target.endsWith('/') ? path.join(to, target, path.basename(word)) : path.join(to, target);
      if (!word.startsWith('package-lock')) await cp(source, place, { recursive: true });
    }
  }
}

function run([program = '', ...args]: string[], env: Record<string, string>): Program {
  const child = spawn(program === 'node' ? process.execPath : program, args, {
    cwd: app,
    env: { PATH: process.env.PATH, ...environment, ...env }, // no HOME, like `docker run --user`
  });
  const running = follow(child);
  started.push(running);
  return running;
}

const settings = {
  LD_OAUTH_CLIENT_ID: 'a',
  LD_OAUTH_CLIENT_SECRET: 'b',
  LD_ACCOUNT_ID: 'c',
  SESSION_SECRET: 'qT7vXw0c4mS9yLr2Kd8Zp1NfGh5JbVx3Ea6UoWiRtYs',
  SESSION_STORE: 'memory:',
  LOG_FORMAT: 'json',
};

/** Where a published port of a container arrives: not on loopback. */
const outside = Object.values(networkInterfaces())
  .flatMap((addresses) => addresses ?? [])
  .find(({ internal, family }) => !internal && family === 'IPv4')?.address;

async function modes(): Promise<[name: string, scheme: string, env: Record<string, string>][]> {
  const port = String(await freePort());
  const { cert, key } = await privateCa('login.example.com');
  await writeFile(path.join(folder, 'cert.pem'), cert);
  await writeFile(path.join(folder, 'key.pem'), key);
  const files = { TLS_CERT_FILE: path.join(folder, 'cert.pem'), TLS_KEY_FILE: path.join(folder, 'key.pem') };
  const uri = 'https://login.example.com/auth/callback';
  return [
    ['proxy', 'http', { TLS: 'proxy', LD_OAUTH_REDIRECT_URI: uri, PORT: port }],
    ['files', 'https', { TLS: 'files', LD_OAUTH_REDIRECT_URI: uri, PORT: port, ...files }],
    ['local', 'https', { LD_OAUTH_REDIRECT_URI: `https://localhost:${port}/auth/callback` }],
    ['off', 'http', { LD_OAUTH_REDIRECT_URI: `http://localhost:${port}/auth/callback` }],
  ];
}

describe('the image of docs/deploy/Dockerfile', () => {
  test.each([0, 1, 2, 3])(
    'is healthy and reached from outside in TLS mode %p, and unhealthy once it has stopped',
    async (at) => {
      const [mode, scheme, env] = (await modes())[at] ?? ['', '', {}];
      const container = run(command, { ...settings, ...env });
      await container.prints(/"event":"listening"/);
      const port = env.PORT ?? new URL(env.LD_OAUTH_REDIRECT_URI ?? '').port;
      expect({ mode, healthy: await run(healthCheck, { ...settings, ...env }).ended }).toEqual({ mode, healthy: 0 });
      if (outside) expect((await new Browser().request(`${scheme}://${outside}:${port}/healthz`)).status).toBe(200);
      expect(container.stdout).toContain(`"address":"0.0.0.0"`);
      expect(container.stdout).not.toContain('loopback');
      container.child.kill('SIGTERM');
      expect(await container.ended).toBe(0);
      expect(await run(healthCheck, { ...settings, ...env }).ended).toBe(1);
    },
  );

  test('says in the log that loopback cannot be reached from outside of the container', async () => {
    const port = await freePort();
    const uri = `https://localhost:${port}/auth/callback`;
    const env = { ...settings, LD_OAUTH_REDIRECT_URI: uri, HOST: 'localhost', container: 'podman' };
    const container = run(command, env);
    await container.prints(/"event":"loopback_only".*HOST=0\.0\.0\.0/);
    expect(await run(healthCheck, env).ended).toBe(0);
  });

  test('without settings: what is missing, how to pass it, exit code 2', async () => {
    const container = run(command, { container: 'podman' });
    expect(await container.ended).toBe(2);
    expect(container.stderr).toContain('docker run --env-file .env');
    expect(container.stderr.trim().split('\n')).toHaveLength(1);
  });

  test('a folder in place of .env, as a bind mount makes one when the file is missing, is named', async () => {
    await mkdir(path.join(app, '.env'));
    const container = run(command, {});
    expect(await container.ended).toBe(2);
    expect(container.stderr).toMatch(/\.env cannot be read: there is a folder in its place/);
    expect(container.stderr.trim().split('\n')).toHaveLength(1);
    await rm(path.join(app, '.env'), { recursive: true });
  });
});
