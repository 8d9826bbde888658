import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Sandbox } from '../../src/sandbox/start-sandbox.ts';
import { startSandbox } from '../../src/sandbox/start-sandbox.ts';
import type { Instance } from '../support/instances.ts';
import { instanceSettings, logInAt, startInstance, whoIs } from '../support/instances.ts';
import { sharedEngines } from '../support/session-engines.ts';

const ariel = 'ariel.reader@acme.example';
const sessions = 200;
const requestsEach = 10;
const lifetimeSeconds = 4;

describe.each(Object.entries(await sharedEngines()))('two instances that share sessions in %s', (engine, setting) => {
  let sandbox: Sandbox;
  let instances: Instance[] = [];

  beforeAll(async () => {
    sandbox = await startSandbox({ port: 0, autoApprove: true });
    const settings = await instanceSettings(sandbox, { SESSION_STORE: setting });
    instances = await Promise.all([startInstance(settings), startInstance(settings)]);
  }, 60_000);
  afterAll(async () => {
    await Promise.all(instances.map((instance) => instance.close()));
    await sandbox.close();
  });

  const counted = (event: string) => instances.reduce((sum, instance) => sum + instance.count(event), 0);

  async function expectOneRefreshEach(): Promise<void> {
    const before = counted('tokens_refreshed');
    sandbox.setSwitches({ accessTokenLifetime: lifetimeSeconds });
    const cookies = await eightAtATime(sessions, (index) => logInAt(instances[index % 2]!));
    await sleep(lifetimeSeconds * 1000);
    sandbox.setSwitches({ accessTokenLifetime: 3600 });

    const answers = await Promise.all(
      cookies.flatMap((cookie) =>
        Array.from({ length: requestsEach }, (_, turn) => whoIs(instances[turn % 2]!, cookie)),
      ),
    );
    expect(answers.filter((answer) => answer === ariel)).toHaveLength(sessions * requestsEach);
    expect(counted('tokens_refreshed') - before).toBe(sessions);
    expect(counted('session_ended')).toBe(0);
  }

  test(`refresh ${sessions} sessions once each while all are in use, and a refresh token used twice would end them`, async () => {
    sandbox.setSwitches({ refreshAnswer: 'rotate' });
    await expectOneRefreshEach();
  }, 60_000);

  if (engine === 'a file')
    test(`refresh ${sessions} sessions once each while all are in use, although no second refresh would be refused`, async () => {
      sandbox.setSwitches({ refreshAnswer: 'omit' });
      await expectOneRefreshEach();
    }, 60_000);
});

/** So few that no token expires before its login is over. */
async function eightAtATime<T>(times: number, task: (index: number) => Promise<T>): Promise<T[]> {
  const results: T[] = [];
  let next = 0;
  const worker = async () => {
    while (next < times) {
      const index = next++;
      results[index] = await task(index);
    }
  };
  await Promise.all(Array.from({ length: 8 }, worker));
  return results;
}
