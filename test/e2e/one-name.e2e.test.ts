import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from '@jest/globals';
import { describeInChromium } from '../support/chromium.ts';
import { root } from '../support/documents.ts';
import { freePort } from '../support/free-port.ts';
import { mayMakeNamespaces, twoNamespaces } from '../support/network-namespaces.ts';
import { follow } from '../support/program.ts';

const tsx = path.join(root, 'node_modules/tsx/dist/loader.mjs');

describeInChromium('sandbox and app in two containers, the browser on the host', (openPage) => {
  test('a login works with one name for the sandbox everywhere: http://launchdarkly.localhost', async () => {
    if (!mayMakeNamespaces()) {
      console.log('Not run: it needs network namespaces, for which Linux wants the superuser.');
      return;
    }
    const folder = await mkdtemp(path.join(tmpdir(), 'one-name-'));
    const { first: sandboxSide, second: appSide, close } = await twoNamespaces();
    try {
      const [sandboxPort, appPort] = [await freePort(), await freePort()];
      const baseUri = `http://launchdarkly.localhost:${sandboxPort}`;
      const cli = path.join(root, 'src/sandbox/cli.ts');
      const options = { cwd: folder, env: { PATH: process.env.PATH, HOME: folder } };
      const sandbox = sandboxSide.run(
        process.execPath,
        ['--import', tsx, cli, '--host', '0.0.0.0', '--port', String(sandboxPort), '--json'],
        options,
      );
      const [line] = await sandbox.prints(/^\{.*\}$/m);
      await sandboxSide.publish(sandboxPort);

      const settings = {
        LD_BASE_URI: baseUri,
        LD_ACCESS_TOKEN: JSON.parse(line).adminToken,
        LD_OAUTH_REDIRECT_URI: `https://localhost:${appPort}/auth/callback`,
      };
      const bootstrap = follow(
        spawn(process.execPath, ['--import', tsx, path.join(root, 'scripts/bootstrap.ts')], {
          cwd: folder,
          env: { ...options.env, ...settings },
        }),
      );
      expect(await bootstrap.ended).toBe(0);
      expect(bootstrap.stderr).toContain(`${baseUri} is plain http`);

      appSide.alias('launchdarkly.localhost', sandboxSide.address);
      const app = appSide.run(process.execPath, ['--import', tsx, path.join(root, 'src/server.ts')], {
        cwd: folder,
        env: { ...options.env, HOST: '0.0.0.0' }, // the rest is in .env
      });
      await app.prints(/"event":"listening"/);
      expect(app.stderr).toContain(`${baseUri} is plain http`);
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
