import { once } from 'node:events';
import type { Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { connect } from 'node:tls';
import { afterEach, expect, test } from '@jest/globals';
import { createHttpsServer } from '../../src/http-server/open-server.ts';
import { selfSigned } from '../support/certificates.ts';

let server: Server | undefined;

afterEach(() => void server?.close());

test('a renewed certificate serves new connections, and a failed renewal leaves the one in use', async () => {
  const answers = [await selfSigned('first.test'), await selfSigned('second.test')];
  const lines: unknown[] = [];
  let told: () => void = () => undefined;
  const log = (line: unknown) => {
    lines.push(line);
    told();
  };
  const load = async () => {
    const [pair] = answers;
    if (!pair) throw new Error('gone');
    return pair;
  };
  server = await createHttpsServer((_req, res) => void res.end(), load, { info: log, error: log }, { everyMs: 20 });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  expect(await nameServed()).toBe('first.test');

  answers.shift();
  await new Promise<void>((resolve) => {
    told = resolve;
  });
  expect(lines).toEqual([{ event: 'certificate_renewed' }]);
  expect(await nameServed()).toBe('second.test');

  answers.shift();
  await new Promise<void>((resolve) => {
    told = resolve;
  });
  expect(lines[1]).toMatchObject({ event: 'certificate_not_renewed', error: { message: 'gone' } });
  expect(await nameServed()).toBe('second.test');
});

test('a certificate that cannot be loaded at the start is an error at once', async () => {
  const load = () => Promise.reject(new Error('no key'));
  const logger = { info: () => undefined, error: () => undefined };
  await expect(createHttpsServer(() => undefined, load, logger)).rejects.toThrow('no key');
});

async function nameServed(): Promise<string | undefined> {
  const socket = connect({ port: (server!.address() as AddressInfo).port, rejectUnauthorized: false });
  await once(socket, 'secureConnect');
  const { subjectaltname } = socket.getPeerCertificate();
  socket.destroy();
  return subjectaltname?.replace('DNS:', '');
}
