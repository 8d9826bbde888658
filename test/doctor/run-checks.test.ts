import { appendFile, rm } from 'node:fs/promises';
import { createServer } from 'node:https';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { checks } from '../../scripts/doctor/run-checks.ts';
import { listen, stopListening } from '../../src/http-server/listen.ts';
import { localCertificate } from '../../src/local-https/certificate.ts';
import type { DoctorWorld } from '../support/doctor.ts';
import { complaints, doctorWorld } from '../support/doctor.ts';

let world: DoctorWorld;
beforeEach(async () => {
  world = await doctorWorld();
});
afterEach(() => world.close());

describe('all is well', () => {
  test('with an access token: nothing complains, nearly everything was looked at', async () => {
    const lines = await world.examined();
    expect(complaints(lines)).toEqual([]);
    expect(lines.filter(({ status }) => status === 'skipped').map(({ name }) => name)).toEqual([
      'certificate-trust',
      'public-address',
    ]);
    expect(lines).toHaveLength(checks.length);
  });

  test('without one: nothing complains, and what takes a token is passed over', async () => {
    const lines = await world.examined({ token: undefined });
    expect(complaints(lines)).toEqual([]);
    const skipped = lines.filter(({ status }) => status === 'skipped').map(({ name }) => name);
    expect(skipped).toEqual(['certificate-trust', 'access-token', 'client', 'client-redirect-uri', 'public-address']);
  });

  test('while the app is running on its port', async () => {
    const { key, cert } = await localCertificate({ directory: world.certificates, hostnames: ['localhost'] });
    const app = createServer({ key, cert }, (_, response) => response.end('{"status":"ok","sessionStore":"ok"}'));
    await listen(app, { port: world.port, hosts: ['127.0.0.1'] });
    const line = (await world.examined()).find(({ name }) => name === 'port');
    await stopListening(app);
    expect(line).toMatchObject({ status: 'ok', detail: expect.stringContaining('this app is running') });
  });

  test('with every setting in the environment and no file', async () => {
    const env = world.env();
    await rm(world.envFile);
    expect(complaints(await world.examined({ env }))).toEqual([]);
  });

  test('with basic client authentication', async () => {
    await appendFile(world.envFile, 'LD_OAUTH_CLIENT_AUTH=basic\n');
    expect(complaints(await world.examined())).toEqual([]);
  });
});
