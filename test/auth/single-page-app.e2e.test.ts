import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Sandbox } from '../../src/sandbox/start-sandbox.ts';
import { describeInChromium } from '../support/chromium.ts';
import { type LiftedApp, startHttpSandbox, startLiftedApp } from '../support/lifted-app.ts';
import { ariel } from '../support/test-app.ts';

/* A single-page app in a real browser, on another origin of the same site as its API. */

describeInChromium('a single-page app beside its API', (openPage) => {
  let sandbox: Sandbox;
  let front: Server;
  let app: LiftedApp;
  let spa: string;

  beforeAll(async () => {
    sandbox = await startHttpSandbox();
    front = createServer((_req, res) => {
      res.setHeader('Content-Type', 'text/html').end('<!doctype html><title>Todos</title><h1>Todos</h1>');
    }).listen(0, 'localhost');
    await once(front, 'listening');
    spa = `http://localhost:${(front.address() as AddressInfo).port}`;
    app = await startLiftedApp(sandbox, {
      options: { origins: [spa] },
      // What the package cors does for the API itself
      before: (_req, res, next) => {
        res.set({ 'Access-Control-Allow-Origin': spa, 'Access-Control-Allow-Credentials': 'true' });
        next();
      },
    });
  });
  afterAll(async () => {
    front.close();
    front.closeAllConnections();
    await app.close();
    await sandbox.close();
  });

  test('is told 401, logs in and comes back, calls the API, and logs out, without leaving its page for that', async () => {
    const page = await openPage();
    const call = (url: string, method = 'GET') =>
      page.evaluate(
        async ([url, method]) => {
          const answer = await fetch(url ?? '', { method, credentials: 'include' } as RequestInit);
          return { status: answer.status, body: await answer.text() };
        },
        [url, method],
      );
    await page.goto(`${spa}/todos`);
    expect((await call(`${app.url}/private`)).status).toBe(401);

    await page.goto(`${app.url}/auth/login?returnTo=${encodeURIComponent(`${spa}/todos?done=1`)}`);
    await page.getByText(ariel.email).click();
    await page.getByRole('button', { name: 'Authorize' }).click();
    await page.waitForURL(`${spa}/todos?done=1`);
    expect(await call(`${app.url}/private`)).toEqual({ status: 200, body: JSON.stringify({ hello: ariel.email }) });

    expect((await call(`${app.url}/auth/logout`, 'POST')).status).toBe(204);
    expect((await call(`${app.url}/private`)).status).toBe(401);
    expect(page.url()).toBe(`${spa}/todos?done=1`);
  });
});
