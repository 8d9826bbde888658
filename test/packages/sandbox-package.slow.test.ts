import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { blocksOf, markedBlock, read, root } from '../support/documents.ts';
import { call, installedIn, packed, projectWith } from '../support/npm-package.ts';
import { follow, type Program } from '../support/program.ts';

let tarball: string;
let project: string;
let program: Program | undefined;
const removals: (() => Promise<void>)[] = [];

beforeAll(async () => {
  const pack = await packed('launchdarkly-sandbox');
  tarball = pack.tarball;
  removals.push(pack.remove);
  const installed = await projectWith(tarball);
  project = installed.folder;
  removals.push(installed.remove);
});

afterEach(async () => {
  program?.child.kill('SIGKILL');
  await program?.ended;
});

afterAll(() => Promise.all(removals.map((remove) => remove())));

test('it brings at most 80 packages and 8 MB', async () => {
  const { packages, megabytes } = await installedIn(project);
  console.log(`launchdarkly-sandbox: ${packages} packages, ${megabytes.toFixed(1)} MB`);
  expect(packages).toBeLessThanOrEqual(80);
  expect(megabytes).toBeLessThanOrEqual(8);
});

test('npx runs it from the tarball in an empty folder, and Ctrl-C ends it', async () => {
  const empty = await mkdtemp(path.join(tmpdir(), 'empty-'));
  removals.push(() => rm(empty, { recursive: true, force: true }));
  // npx keeps what it installs in npm's cache. It gets one of its own, with the downloads of the real one.
  const cache = path.join(path.dirname(tarball), 'npx-cache');
  await mkdir(cache);
  await symlink(
    path.join((await call(empty, 'npm', ['config', 'get', 'cache'])).trim(), '_cacache'),
    path.join(cache, '_cacache'),
  );
  const args = [
    '--yes',
    '--prefer-offline',
    `--package=${tarball}`,
    '--',
    'launchdarkly-sandbox',
    '--port',
    '0',
    '--json',
  ];
  program = follow(
    spawn('npx', args, { cwd: empty, detached: true, env: { ...process.env, npm_config_cache: cache } }),
  );
  const [line] = await program.prints(/^\{.*\}$/m);
  const { url, adminToken } = JSON.parse(line);
  const clients = await fetch(`${url}/api/v2/oauth/clients`, { headers: { Authorization: adminToken } });
  expect(clients.status).toBe(200);
  expect(await (await fetch(`${url}/sandbox.css`)).text()).toBe(read('src/sandbox/pages/sandbox.css'));
  process.kill(-program.child.pid!, 'SIGINT'); // what a terminal does: the whole group
  await program.ended;
  await expect(fetch(url)).rejects.toThrow('fetch failed');
});

test('ES modules import it, as the guide and its README show', async () => {
  await writeFile(path.join(project, 'app.mjs'), markedBlock('docs/sandbox.md', 'run', 'in-process').text);
  const printed = await call(project, process.execPath, ['app.mjs']);
  expect(printed).toMatch(/^http:\/\/127\.0\.0\.1:\d+ api-.*\n0 requests so far\n$/);

  const [readme] = blocksOf('src/sandbox/README.md').filter(({ language }) => language === 'js');
  await writeFile(path.join(project, 'readme.mjs'), readme!.text);
  expect(await call(project, process.execPath, ['readme.mjs'])).toMatch(/^http:\/\/127\.0\.0\.1:\d+ api-/);
});

const use = `
const sandbox = await startSandbox({ port: 0, autoApprove: true });
const answer = await fetch(sandbox.url + '/.well-known/oauth-authorization-server');
await sandbox.close();
console.log(answer.status, sandbox.ledger().length);
`;

test('CommonJS requires it', async () => {
  const source = `const { startSandbox } = require('launchdarkly-sandbox');(async () => {${use}})();`;
  await writeFile(path.join(project, 'app.cjs'), source);
  expect(await call(project, process.execPath, ['--disable-warning=ExperimentalWarning', 'app.cjs'])).toBe('200 1\n');
});

test.each([
  ['nodenext', 'nodenext'],
  ['esnext', 'bundler'],
])(
  'TypeScript finds its types, and knows what options there are (module %s, resolution %s)',
  async (module, resolution) => {
    const source = (option: string) => `
    import { type Sandbox, type SandboxOptions, startSandbox } from 'launchdarkly-sandbox';
    const options: SandboxOptions = { port: 0, ${option} };
    const sandbox: Sandbox = await startSandbox(options);
    const url: string = sandbox.url;
    console.log(url);`;
    await writeFile(path.join(project, 'right.mts'), source('autoApprove: true'));
    await writeFile(path.join(project, 'wrong.mts'), source('autoAprove: true'));
    const check = (file: string) =>
      call(project, process.execPath, [
        ...[path.join(root, 'node_modules/typescript/bin/tsc'), '--noEmit', '--strict', '--target', 'es2022'],
        ...['--types', 'node', '--typeRoots', path.join(root, 'node_modules/@types')],
        ...['--module', module, '--moduleResolution', resolution, file],
      ]);
    await check('right.mts');
    await expect(check('wrong.mts')).rejects.toMatchObject({ stdout: expect.stringContaining('autoAprove') });
  },
);

test('it has the version and licence of this repository', async () => {
  const installed = path.join(project, 'node_modules/launchdarkly-sandbox');
  const { version, license, engines } = JSON.parse(await readFile(path.join(installed, 'package.json'), 'utf8'));
  const ours = JSON.parse(read('package.json'));
  expect({ version, license, engines }).toEqual({
    version: ours.version,
    license: ours.license,
    engines: ours.engines,
  });
  expect(await readFile(path.join(installed, 'LICENSE'), 'utf8')).toBe(read('LICENSE'));
});
