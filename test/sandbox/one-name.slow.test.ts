import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { describeInChromium } from '../support/chromium.ts';
import { read, root } from '../support/documents.ts';
import { freePort } from '../support/free-port.ts';
import { mayMakeNamespaces, type Namespace, twoNamespaces } from '../support/network-namespaces.ts';
import { follow } from '../support/program.ts';
import { until } from '../support/until.ts';
import { installed } from '../support/when-installed.ts';

const typescript = ['--import', path.join(root, 'node_modules/tsx/dist/loader.mjs')];
const sandboxImage = read('docs/deploy/sandbox.Dockerfile');

/** The words of an instruction in a Dockerfile's JSON form. */
const wordsOf = (instruction: RegExp): string[] => JSON.parse(instruction.exec(sandboxImage)?.[1] ?? '');

/**
 * docs/deploy/compose-sandbox.yaml, run without Docker: two network namespaces stand for the containers. It is not run beside
 * the other suites with a browser, because a new network interface makes every Chromium on the machine drop its connections.
 */
describeInChromium('sandbox and app in two containers, the browser on the host', (openPage) => {
  test('a login works with one name for the sandbox everywhere: http://launchdarkly.localhost', async () => {
    const redis = installed('redis-server');
    if (!redis || !mayMakeNamespaces()) {
      console.log(
        'Not run: it needs redis-server, and network namespaces, which Linux gives to the superuser only.',
      );
      return;
    }
    const folder = await mkdtemp(path.join(tmpdir(), 'one-name-'));
    const { first: sandboxSide, second: appSide, close } = await twoNamespaces();
    try {
      const [sandboxPort, appPort] = [await freePort(), await freePort()];
      const withPorts = (text: string) =>
        text.replaceAll('4000', `${sandboxPort}`).replaceAll('3000', `${appPort}`);
      const { sandbox, app } = parse(withPorts(read('docs/deploy/compose-sandbox.yaml'))).services;
      const env = { PATH: process.env.PATH, HOME: folder };
      const healthy = (side: Namespace, [, ...check]: string[]) =>
        until(async () => (await side.run(process.execPath, check, { cwd: folder, env }).ended) === 0, {
          everyMs: 200,
        });

      const seed = path.join(folder, 'seed.json');
      await writeFile(seed, withPorts(read('docs/deploy/sandbox-seed.json')));
      const [, , ...hostOption] = wordsOf(/^ENTRYPOINT (.*)$/m);
      const command = sandbox.command.map((word: string) => (word === '/seed.json' ? seed : word));
      const cli = path.join(root, 'src/sandbox/cli.ts');
      const sandboxEnv = { ...env, SANDBOX_PORT: `${sandboxPort}`, SANDBOX_ADMIN_TOKEN: 'api-of-the-test' };
      sandboxSide.run(process.execPath, [...typescript, cli, ...hostOption, ...command], {
        cwd: folder,
        env: sandboxEnv,
      });
      const check = wordsOf(/CMD (\[.*\])$/m);
      await healthy(sandboxSide, [...check.slice(0, -1), withPorts(check.at(-1) ?? '')]);
      await sandboxSide.publish(sandboxPort);

      const baseUri = app.environment.LD_BASE_URI;
      const clients = follow(
        spawn(process.execPath, [...typescript, path.join(root, 'scripts/clients.ts'), 'list', '--json'], {
          cwd: folder,
          env: { ...env, LD_BASE_URI: baseUri, LD_ACCESS_TOKEN: 'api-of-the-test' },
        }),
      );
      expect([await clients.ended, clients.stderr]).toEqual([
        0,
        expect.stringContaining(`${baseUri} is plain http`),
      ]);
      expect(clients.stdout).toContain(app.environment.LD_OAUTH_CLIENT_ID);

      appSide.alias(sandbox.networks.default.aliases[0], sandboxSide.address);
      appSide.alias('redis', '127.0.0.1');
      appSide.run(redis, ['--save', '', '--dir', folder], { cwd: folder, env });
      const running = appSide.run(process.execPath, [...typescript, path.join(root, 'src/server.ts')], {
        cwd: folder,
        env: { ...env, ...app.environment },
      });
      await healthy(appSide, app.healthcheck.test.slice(1));
      expect(running.stderr).toContain(`${baseUri} is plain http`);
      await appSide.publish(appPort);

      const page = await openPage();
      await page.goto(`https://localhost:${appPort}/account`);
      await page.waitForURL(`${baseUri}/**`);
      await page.getByRole('button', { name: 'ariel.reader@acme.example' }).click();
      await page.getByRole('button', { name: 'Authorize' }).click();
      await page.waitForURL(`https://localhost:${appPort}/account`);
      expect(await page.getByRole('main').textContent()).toContain('ariel.reader@acme.example');
      await page.context().close();
    } finally {
      await close();
      await rm(folder, { recursive: true, force: true });
    }
  });
});
