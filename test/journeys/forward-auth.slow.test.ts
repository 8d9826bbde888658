import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Sandbox, startSandbox } from '../../src/sandbox/start-sandbox.ts';
import { Browser } from '../support/browser.ts';
import { selfSigned } from '../support/certificates.ts';
import { freePort } from '../support/free-port.ts';
import { follow, type Program } from '../support/program.ts';
import { exchange, opened } from '../support/reverse-proxies.ts';
import { listening, registeredAt, startServerProcess } from '../support/server-process.ts';
import { ada, ariel } from '../support/test-app.ts';
import { until } from '../support/until.ts';
import { describeWith } from '../support/when-installed.ts';

/* A tool in Python, which knows nothing of logins, behind the proxies of docs/deploy/forward-auth. */

const tool = `
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer

class Tool(BaseHTTPRequestHandler):
    def do_GET(self):
        names = [name for name in self.headers if 'auth' in name.lower()]
        body = '\\n'.join(f'{name.lower()}: {self.headers[name]}' for name in sorted(names, key=str.lower))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(f'{self.path}\\n{body}'.encode())
    do_POST = do_GET

HTTPServer(('127.0.0.1', int(sys.argv[1])), Tool).serve_forever()
`;

const examples = path.resolve(import.meta.dirname, '../../docs/deploy/forward-auth');
const proxies = [
  {
    program: 'nginx',
    file: 'nginx.conf',
    places: (folder: string, port: number) => ({
      'listen 443 ssl': `listen 127.0.0.1:${port} ssl`,
      'server_name tool.example.com': 'server_name localhost',
      '/etc/ssl/app/fullchain.pem': `${folder}/cert.pem`,
      '/etc/ssl/app/privkey.pem': `${folder}/key.pem`,
    }),
    around: (config: string, folder: string) =>
      `daemon off; pid ${folder}/nginx.pid; error_log stderr warn; worker_processes 1; events {}
       http { access_log off; ${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
         .map((place) => `${place}_temp_path ${folder}/${place};`)
         .join(' ')} ${config} }`,
    args: (folder: string) => ['-p', folder, '-c', `${folder}/nginx.conf`],
  },
  {
    program: 'caddy',
    file: 'Caddyfile',
    places: (folder: string, port: number) => ({
      'tool.example.com {': `localhost:${port} {\n\tbind 127.0.0.1\n\ttls ${folder}/cert.pem ${folder}/key.pem`,
    }),
    around: (config: string, folder: string) =>
      `{\n\tadmin off\n\tstorage file_system ${folder}/caddy\n\tauto_https disable_redirects\n\tgrace_period 1s\n}\n${config}`,
    args: (folder: string) => ['run', '--adapter', 'caddyfile', '--config', `${folder}/Caddyfile`],
  },
  {
    program: 'haproxy',
    file: 'haproxy.cfg',
    places: (folder: string, port: number) => ({
      'bind :443': `bind 127.0.0.1:${port}`,
      '/etc/ssl/app/fullchain-and-key.pem': `${folder}/both.pem`,
      '/etc/haproxy/forward-auth.lua': `${folder}/forward-auth.lua`,
    }),
    around: (config: string) => config,
    args: (folder: string) => ['-f', `${folder}/haproxy.cfg`],
  },
];

let pair: { key: string; cert: string };
let sandbox: Sandbox;

beforeAll(async () => {
  pair = await selfSigned('localhost');
  sandbox = await startSandbox({ port: 0 });
});
afterAll(() => sandbox.close());

describe.each(proxies)('a tool behind $program', (proxy) => {
  describeWith('python3', 'python3', `in Python, behind ${proxy.program}`, (python) => {
    describeWith(proxy.program, proxy.program, 'as in docs/deploy/forward-auth', (executable) => {
      let url: string;
      let appPort: number;
      const closing: (() => Promise<unknown>)[] = [];

      beforeAll(async () => {
        const [port, toolPort] = [await freePort(), await freePort()];
        appPort = await freePort();
        url = `https://localhost:${port}`;
        const settings = await registeredAt(sandbox, `${url}/auth/callback`);
        const app = await startServerProcess({
          ...settings,
          ...{ TLS: 'proxy', TRUST_PROXY: '1', HOST: '127.0.0.1', PORT: String(appPort), SESSION_REVALIDATE: '1s' },
        });
        closing.push(() => app.close());
        await listening(app);
        await run(spawn(python, ['-c', tool, String(toolPort)]), toolPort);
        const folder = await mkdtemp(path.join(tmpdir(), 'forward-auth-'));
        closing.unshift(() => rm(folder, { recursive: true, force: true }));
        const config = exchange(await readFile(path.join(examples, proxy.file), 'utf8'), {
          ...proxy.places(folder, port),
          '127.0.0.1:3000': `127.0.0.1:${appPort}`,
          '127.0.0.1:8000': `127.0.0.1:${toolPort}`,
        });
        await writeFile(path.join(folder, proxy.file), proxy.around(config, folder));
        const lua = exchange(await readFile(path.join(examples, 'forward-auth.lua'), 'utf8'), {
          '127.0.0.1:3000': `127.0.0.1:${appPort}`,
        });
        await writeFile(path.join(folder, 'forward-auth.lua'), lua);
        const pems = { 'key.pem': pair.key, 'cert.pem': pair.cert, 'both.pem': `${pair.cert}\n${pair.key}` };
        for (const [name, text] of Object.entries(pems)) await writeFile(path.join(folder, name), text);
        const env = { PATH: process.env.PATH, HOME: folder };
        await run(spawn(executable, proxy.args(folder), { stdio: ['ignore', 'pipe', 'pipe'], env }), port);
      }, 60_000);

      afterAll(async () => {
        for (const close of closing.reverse()) await close();
      });

      async function run(child: Program['child'], port: number): Promise<void> {
        const running = follow(child);
        closing.push(async () => {
          running.child.kill('SIGTERM');
          await running.ended;
        });
        await opened(port, running);
      }

      async function logIn(as: string, page = '/reports?month=5') {
        const browser = new Browser();
        const consent = await browser.press(await browser.visit(url + page), as);
        return { browser, page: await browser.press(consent, 'Authorize') };
      }

      const json = { accept: 'application/json' };

      test('a program without a login gets 401, and the tool sees nothing', async () => {
        const answer = await new Browser().request(`${url}/reports`, { headers: json });
        expect(answer.status).toBe(401);
        expect(answer.body).not.toContain('/reports');
        expect(answer.location).toBeUndefined();
      });

      test('a person logs in, returns to the page, and the tool sees who it is', async () => {
        const { page } = await logIn(ariel.email);
        expect([page.status, page.url]).toEqual([200, `${url}/reports?month=5`]);
        expect(page.body.split('\n')).toEqual([
          '/reports?month=5',
          expect.stringMatching(/^x-auth-account: [0-9a-f]{24}$/),
          `x-auth-email: ${ariel.email}`,
          expect.stringMatching(/^x-auth-member: [0-9a-f]{24}$/),
          'x-auth-role: reader',
        ]);
      });

      test('a logout ends the access to the tool', async () => {
        const { browser } = await logIn(ariel.email);
        const headers = { origin: url };
        expect((await browser.request(`${url}/auth/logout`, { method: 'POST', headers })).status).toBe(303);
        expect((await browser.request(`${url}/reports`, { headers: json })).status).toBe(401);
      });

      test('forged headers never reach the tool', async () => {
        const forged = {
          'X-Auth-Member': 'evil',
          'x-auth-email': 'evil@example.com',
          'X-AUTH-ROLE': 'owner',
          'X-Auth-Account': 'evil',
          X_Auth_Role: 'evil',
          'X-Auth_Role': 'evil',
          'X_AUTH-Member': 'evil',
        };
        expect((await new Browser().request(`${url}/reports`, { headers: { ...json, ...forged } })).status).toBe(401);
        const { browser } = await logIn('cole.custom@acme.example'); // without X-Auth-Role of his own
        const answer = await browser.request(`${url}/reports`, { headers: forged });
        expect(answer.status).toBe(200);
        expect(answer.body).toContain('x-auth-email: cole.custom@acme.example');
        expect(answer.body).not.toMatch(/evil|owner/);
      });

      test('a member who is removed at LaunchDarkly is out when the app asks again', async () => {
        const { browser } = await logIn(ada.email);
        expect((await browser.request(`${url}/reports`, { headers: json })).status).toBe(200);
        sandbox.changePersona(ada.email, { removed: true });
        try {
          await until(async () => (await browser.request(`${url}/reports`, { headers: json })).status === 401, {
            withinMs: 10_000,
            everyMs: 100,
          });
        } finally {
          sandbox.changePersona(ada.email, { removed: false });
        }
      });
    });
  });
});
