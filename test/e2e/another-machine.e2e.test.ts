import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { chromium } from 'playwright-core';
import { startPortForwarder } from '../support/port-forwarder.ts';
import { follow, type Program } from '../support/program.ts';
import { ariel, freePort } from '../support/test-app.ts';
import { describeWith } from '../support/when-installed.ts';

jest.setTimeout(60_000);

const root = path.resolve(import.meta.dirname, '../..');

describeWith('chromium', 'chromium', 'a browser that reaches the demo by public names only', (executablePath) => {
  let folder: string;
  let app: number;
  let sandbox: number;
  const close: (() => Promise<unknown>)[] = [];

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'another-machine-'));
    [app, sandbox] = [await freePort(), await freePort()];
  });
  afterEach(async () => {
    for (const end of close.splice(0).reverse()) await end();
    await rm(folder, { recursive: true, force: true });
  });

  function demo(env: Record<string, string>, args: string[] = []): Program {
    const loader = pathToFileURL(path.join(root, 'node_modules/tsx/dist/esm/index.mjs')).href;
    const ports = ['--port', String(app), '--sandbox-port', String(sandbox)];
    const child = spawn(process.execPath, ['--import', loader, path.join(root, 'scripts/demo.ts'), ...ports, ...args], {
      cwd: folder,
      env: { PATH: process.env.PATH ?? '', HOME: folder, ...env },
    });
    const program = follow(child);
    close.push(async () => {
      child.kill('SIGKILL');
      await program.ended;
    });
    return program;
  }

  /** A browser to which this machine is the forwarder and nothing else. */
  async function browserBehind(names: Record<string, number>): Promise<Browser> {
    const forwarder = await startPortForwarder(names, path.join(folder, 'forwarder'));
    close.push(forwarder.close);
    const rules = [
      ...Object.keys(names).map((name) => `MAP ${name}:443 127.0.0.1:${forwarder.port}`),
      'MAP * ~NOTFOUND',
    ];
    const browser = await chromium.launch({
      executablePath,
      args: ['--no-sandbox', '--disable-background-networking', `--host-resolver-rules=${rules.join(', ')}`],
    });
    close.push(() => browser.close());
    return browser;
  }

  async function wholeJourney(browser: Browser, appUrl: string, sandboxUrl: string): Promise<void> {
    const context = await browser.newContext({ ignoreHTTPSErrors: true });
    const local = await context.newPage();
    for (const port of [app, sandbox])
      await expect(local.goto(`http://127.0.0.1:${port}/`)).rejects.toThrow(/ERR_NAME_NOT_RESOLVED/);

    const page = await context.newPage();
    await page.goto(appUrl);
    await page.getByRole('link', { name: 'Log in with LaunchDarkly' }).first().click();
    expect(new URL(page.url()).origin).toBe(sandboxUrl);
    await page.getByRole('button', { name: ariel.email }).click();
    await page.getByRole('button', { name: 'Authorize' }).click();
    expect(page.url()).toBe(`${appUrl}/`);
    expect(await page.content()).toContain(ariel.email);

    await page.goto(`${appUrl}/flow`);
    expect(await page.content()).toContain(`${sandboxUrl}/trust/oauth/authorize`);
    await page.goto(`${appUrl}/projects`);
    expect(new URL(page.url()).pathname).toBe('/projects');

    await page.goto(sandboxUrl);
    expect(await page.title()).toMatch(/sandbox/i);

    await page.goto(appUrl);
    await page.getByRole('button', { name: 'Log out' }).click();
    expect(new URL(page.url()).pathname).toBe('/logged-out');
    await page.goto(appUrl);
    expect(await page.content()).not.toContain(ariel.email);
  }

  test('in a codespace: the demo finds its names, and login, flow inspector and logout work', async () => {
    const names = { [`cs-x1-${app}.app.github.dev`]: app, [`cs-x1-${sandbox}.app.github.dev`]: sandbox };
    const [appUrl = '', sandboxUrl = ''] = Object.keys(names).map((name) => `https://${name}`);
    const program = demo({
      CODESPACES: 'true',
      CODESPACE_NAME: 'cs-x1',
      GITHUB_CODESPACES_PORT_FORWARDING_DOMAIN: 'app.github.dev',
    });
    await program.prints(/^https:/m);
    expect(program.stdout).toBe(`${appUrl}\n`);
    expect(program.stderr).toContain(sandboxUrl);
    await wholeJourney(await browserBehind(names), appUrl, sandboxUrl);
    expect(program.stdout).toBe(`${appUrl}\n`); // no warning was logged
  });

  test('behind any other forwarder: with --public-url and --sandbox-url', async () => {
    const program = demo({}, ['--public-url', 'https://app.example.dev', '--sandbox-url', 'https://ld.example.dev']);
    await program.prints(/^https:/m);
    const browser = await browserBehind({ 'app.example.dev': app, 'ld.example.dev': sandbox });
    await wholeJourney(browser, 'https://app.example.dev', 'https://ld.example.dev');
  });
});
