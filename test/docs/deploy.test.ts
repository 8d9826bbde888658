import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import { parse, parseAllDocuments } from 'yaml';
import { checkAppConfig, loadAppConfig } from '../../src/config/config.ts';
import { settings } from '../../src/config/settings.ts';
import { files, read } from '../support/documents.ts';
import { describeWith } from '../support/when-installed.ts';

/** What `npm run bootstrap` saves. */
const registered = {
  LD_OAUTH_CLIENT_ID: 'a',
  LD_OAUTH_CLIENT_SECRET: 'b',
  LD_ACCOUNT_ID: 'c',
  LD_OAUTH_REDIRECT_URI: 'https://app.example.com/auth/callback',
  SESSION_SECRET: 'qT7vXw0c4mS9yLr2Kd8Zp1NfGh5JbVx3Ea6UoWiRtYs',
};
const notOurs = new Set(['NODE_ENV']);

const compose = parse(read('docs/deploy/compose.yaml'));
const kubernetes = parseAllDocuments(read('docs/deploy/kubernetes.yaml')).map((document) => document.toJS());
const ofKind = (kind: string) => kubernetes.find((resource) => resource.kind === kind);
const pod = ofKind('Deployment').spec.template.spec;
const [container] = pod.containers;
const unit = read('docs/deploy/login.service');
const unitSettings = (name: string) =>
  [...unit.matchAll(new RegExp(`^${name}=(.*)$`, 'gm'))].map(([, value = '']) => value);

/** The environment that each file gives the app. `${NAME:-default}` and `${NAME:?why}` are Compose's. */
const environments: Record<string, Record<string, string>> = {
  'compose.yaml': Object.fromEntries(
    Object.entries<string>(compose['x-app'].environment).map(([name, value]) => [
      name,
      value
        .replace(/\$\{\w+:-([^}]*)\}/g, '$1')
        .replace(/\$\{SITE:[^}]*\}/g, 'app.example.com')
        .replace(/^\$\{.*\}$/, ''),
    ]),
  ),
  'kubernetes.yaml': Object.fromEntries(
    container.env.map(({ name, value }: { name: string; value: string }) => [name, value]),
  ),
  'login.service': Object.fromEntries(
    unitSettings('Environment')
      .flatMap((line) => line.split(' '))
      .map((pair) => pair.split(/=(.*)/)),
  ),
};

describe.each(Object.keys(environments))('docs/deploy/%s', (file) => {
  const given = environments[file] ?? {};
  const env = { ...given, ...Object.fromEntries(Object.entries(registered).filter(([name]) => !given[name])) };

  test('gives the app settings that exist, and values that it takes', () => {
    expect(Object.keys(given).filter((name) => !(name in settings) && !notOurs.has(name))).toEqual([]);
    expect(checkAppConfig({ env, envFile: null }).problems).toEqual([]);
  });

  test('leaves TLS to a proxy, and idle connections open longer than the proxies beside it', () => {
    const { tls, keepAlive, trustProxy } = loadAppConfig({ env, envFile: null });
    expect({ mode: tls.mode, trustProxy }).toEqual({ mode: 'proxy', trustProxy: 1 });
    const [, caddy] = /keepalive (\d+)s/.exec(read('docs/deploy/Caddyfile')) ?? [];
    expect(keepAlive).toBeGreaterThan(Math.max(Number(caddy), 75) * 1_000);
  });
});

/** The app ends ten seconds after the signal at the latest; see src/http-server/stop.ts. */
const stopping = Number(/timeoutMs = ([\d_]+)/.exec(read('src/http-server/stop.ts'))?.[1]?.replace('_', '')) / 1_000;

test('each gives the app time to stop', () => {
  const waits = Number(container.lifecycle.preStop.exec.command[1]);
  expect(stopping).toBe(10);
  expect(Number.parseInt(compose['x-app'].stop_grace_period, 10)).toBeGreaterThan(stopping);
  expect(pod.terminationGracePeriodSeconds).toBeGreaterThan(stopping + waits);
  expect(Number(unitSettings('TimeoutStopSec')[0])).toBeGreaterThan(stopping);
});

test('the probes of Kubernetes ask what the app serves, where it listens', () => {
  const port = Number(environments['kubernetes.yaml']?.PORT);
  const routes = read('src/web/health.ts');
  for (const [probe, route] of [
    ['startupProbe', '/healthz'],
    ['livenessProbe', '/healthz'],
    ['readinessProbe', '/readyz'],
  ] as const) {
    expect(container[probe].httpGet).toEqual({ path: route, port: 'http' });
    expect(routes).toContain(`'${route}'`);
  }
  expect(container.ports).toEqual([{ name: 'http', containerPort: port }]);
  expect(ofKind('Service').spec.ports).toEqual([{ name: 'http', port: 80, targetPort: 'http' }]);
  expect(ofKind('Service').spec.selector).toEqual(ofKind('Deployment').spec.template.metadata.labels);
  const [rule] = ofKind('Ingress').spec.rules;
  expect(rule.http.paths[0].backend.service).toEqual({ name: ofKind('Service').metadata.name, port: { name: 'http' } });
});

test('nothing runs as root, writes to its image, or learns the addresses of other services as settings', () => {
  expect(pod.securityContext).toMatchObject({ runAsNonRoot: true, runAsUser: 1000 });
  expect(container.securityContext).toMatchObject({ readOnlyRootFilesystem: true, allowPrivilegeEscalation: false });
  expect(pod.enableServiceLinks).toBe(false); // a service named "sandbox" would set SANDBOX_PORT=tcp://…
  expect(compose['x-app']).toMatchObject({ read_only: true });
  expect(unitSettings('DynamicUser')).toEqual(['yes']);
  expect(unitSettings('ProtectSystem')).toEqual(['strict']);
});

test('the unit starts what the build makes, and does not start again over a wrong setting', () => {
  const [start = ''] = unitSettings('ExecStart');
  expect(start).toMatch(/node --enable-source-maps dist\/server\.js$/);
  expect(files).toContain('src/server.ts');
  expect(unitSettings('RestartPreventExitStatus')).toEqual(['2']);
  expect(environments['login.service']?.SESSION_STORE).toBe(
    `file:/var/lib/${unitSettings('StateDirectory')[0]}/sessions.db`,
  );
});

describeWith('systemd-analyze', 'systemd', 'systemd-analyze', (program) => {
  test('finds nothing wrong with the unit', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'unit-'));
    const file = path.join(folder, 'login.service');
    await writeFile(file, unit.replace('/usr/bin/node', process.execPath).replaceAll('/opt/login', folder));
    const { stdout, stderr } = await promisify(execFile)(program, [
      'verify',
      '--man=no',
      '--recursive-errors=no',
      file,
    ]);
    expect(stdout + stderr).toBe('');
    await rm(folder, { recursive: true });
  });
});

test('the dev container has the Node.js of .nvmrc, and forwards the ports of the demo', () => {
  const devcontainer = JSON.parse(read('.devcontainer/devcontainer.json'));
  expect(devcontainer.image).toMatch(new RegExp(`:${read('.nvmrc').trim()}$`));
  expect(devcontainer.forwardPorts).toEqual([3000, 4000]);
  expect(read('docs/deploy/Dockerfile')).toContain(`FROM node:${read('.nvmrc').trim()}-`);
});
