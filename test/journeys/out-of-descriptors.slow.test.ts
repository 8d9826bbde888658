import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import type { Socket } from 'node:net';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { startSandbox } from '../../src/sandbox/start-sandbox.ts';
import { closeAfterEach } from '../support/close-after-each.ts';
import { instanceSettings, logInAt, startInstance, whoIs } from '../support/instances.ts';
import { describeWith } from '../support/when-installed.ts';

const closing = closeAfterEach();

describeWith('prlimit', 'util-linux', 'a process whose file descriptors strangers used up', (prlimit) => {
  test('logs people in and shows every page as soon as they have left, without a restart', async () => {
    const sandbox = closing(await startSandbox({ port: 0, autoApprove: true }));
    const app = closing(await startInstance(await instanceSettings(sandbox, { FLOW_INSPECTOR: 'on' })));
    const pid = Number(app.server.child.pid);
    await app.request('/healthz');
    await sleep(4_000); // until all is loaded that a start does not wait for

    const visitor = connect(app.port, '127.0.0.1');
    await once(visitor, 'connect');
    await app.request('/healthz');
    const open = readdirSync(`/proc/${pid}/fd`).length;
    execFileSync(prlimit, [`--pid=${pid}`, `--nofile=${open + 16}:${open + 16}`]);
    const strangers = await crowd(app.port, 60);
    // On a connection that is open already. Whether they work now is not the question.
    visitor.write(get('/auth/login') + get('/flow'));
    await once(visitor, 'data');
    await sleep(500);
    visitor.destroy();
    for (const socket of strangers) socket.destroy();
    await sleep(500);

    expect((await app.request('/flow')).status).toBe(200);
    expect(await whoIs(app, await logInAt(app))).toBe('ariel.reader@acme.example');
    expect(app.server.child.exitCode).toBeNull();
  }, 60_000);
});

/** Connections that say nothing. */
async function crowd(port: number, size: number): Promise<Socket[]> {
  const sockets = Array.from({ length: size }, () => connect(port, '127.0.0.1').on('error', () => {}));
  await sleep(1_000);
  return sockets;
}

function get(path: string): string {
  const headers = ['Host: app.example.test', 'X-Forwarded-Proto: https', 'Accept: text/html'];
  return [`GET ${path} HTTP/1.1`, ...headers, '', ''].join('\r\n');
}
