import { appendFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { withEnvFileLock } from '../../scripts/registration/env-file-lock.ts';
import { registerClient } from '../../scripts/registration/index.ts';
import type { RegistrationWorld } from '../support/registration.ts';
import { registrationWorld } from '../support/registration.ts';

let world: RegistrationWorld;
beforeEach(async () => {
  world = await registrationWorld();
});
afterEach(() => world.close());

const journal = () => `${world.envFile}.registration`;

describe('the env file turns bad between the last check and the answer', () => {
  beforeEach(() => {
    world.proxy.watch((moment, { method }) => {
      const twice = 'SESSION_SECRET=a\nSESSION_SECRET=b\n';
      if (moment === 'acted' && method === 'POST') appendFileSync(world.envFile, twice);
    });
  });

  test('the client is taken back', async () => {
    await expect(registerClient(world.options())).rejects.toMatchObject({
      reason: 'not_saved',
      message: expect.stringMatching(/SESSION_SECRET is set more than once.*is deleted again/s),
    });
    expect(await world.clients()).toEqual([]);
    expect(await world.files()).toEqual(['.env', '.env.lock']);
  });

  test('and when that fails too, the next run takes it back', async () => {
    world.proxy.fail(/^DELETE/, { acts: false, answer: 'reset' });
    await expect(registerClient(world.options())).rejects.toMatchObject({
      message: expect.stringContaining('The next run deletes the client'),
    });
    expect(await world.clients()).toHaveLength(1);
    world.proxy.watch(() => {});
    await writeFile(world.envFile, '');
    await registerClient(world.options());
    expect(await world.clients()).toHaveLength(1);
    expect(await world.secretWorks()).toBe(true);
  });
});

describe('the journal', () => {
  test('of an attempt at another LaunchDarkly is left for a run that can reach it', async () => {
    world.proxy.fail(/^POST/, { acts: false, answer: 'reset' });
    await registerClient(world.options()).catch(() => {});
    const elsewhere = (await readFile(journal(), 'utf8')).replace(world.proxy.url, 'https://app.eu.launchdarkly.com');
    await writeFile(journal(), elsewhere);
    await registerClient(world.options());
    expect(JSON.parse(await readFile(journal(), 'utf8'))).toEqual(JSON.parse(elsewhere));
  });

  test('of an attempt with another account’s token is left for a run with that token', async () => {
    const theirs =
      '{"attempts":[{"id":"x","startedAt":1,"accountId":"theirs","name":"n","description":"","redirectUri":"r"}]}';
    await writeFile(journal(), theirs.replace('"id"', `"baseUri":"${world.proxy.url}","id"`));
    await registerClient(world.options());
    expect(await readFile(journal(), 'utf8')).toContain('theirs');
  });

  test('forgets an attempt of which nothing came for a quarter of an hour', async () => {
    world.proxy.fail(/^POST/, { acts: false, answer: 'reset' });
    await registerClient(world.options()).catch(() => {});
    const { attempts } = JSON.parse(await readFile(journal(), 'utf8'));
    attempts[0].startedAt -= 16 * 60_000;
    await writeFile(journal(), JSON.stringify({ attempts }));
    await registerClient(world.options());
    expect(await world.files()).toEqual(['.env', '.env.lock']);
  });

  test('holds no secret and is private', async () => {
    world.proxy.fail(/^PATCH/, { acts: false, answer: 'reset' });
    await registerClient(world.options());
    const text = await readFile(journal(), 'utf8');
    for (const secret of [world.adminToken, world.env().LD_OAUTH_CLIENT_SECRET]) expect(text).not.toContain(secret);
    expect(world.told.join()).toContain('has to wait for the next run');
  });

  test('that cannot be read is not guessed at', async () => {
    await writeFile(journal(), '{"attempts":[{');
    await expect(registerClient(world.options())).rejects.toMatchObject({
      reason: 'journal_damaged',
      message: expect.stringContaining(journal()),
    });
    expect(await world.clients()).toEqual([]);
  });
});

test('a placeholder in place of the id counts as nothing', async () => {
  await writeFile(world.envFile, 'LD_OAUTH_CLIENT_ID=your-client-id\nLD_OAUTH_CLIENT_SECRET=<secret>\n');
  expect(await registerClient(world.options())).toMatchObject({ action: 'registered' });
  expect(world.asked).toEqual([]);
});

test('a run that waits too long for another one says so', async () => {
  const waiting = withEnvFileLock(world.envFile, () => withEnvFileLock(world.envFile, async () => {}, { waitMs: 100 }));
  await expect(waiting).rejects.toMatchObject({ reason: 'busy' });
  expect(await withEnvFileLock(world.envFile, async () => 'free again')).toBe('free again');
});
