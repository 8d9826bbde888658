import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, test } from '@jest/globals';
import type { Sandbox } from '../../src/sandbox/start-sandbox.ts';
import { startSandbox } from '../../src/sandbox/start-sandbox.ts';
import type { Instance } from '../support/instances.ts';
import { instanceSettings, logInAt, startInstance, whoIs } from '../support/instances.ts';
import { sharedEngines } from '../support/session-engines.ts';

const ariel = 'ariel.reader@acme.example';
const sessions = 200;
const requestsEach = 10;
const lifetimeSeconds = 4;

describe.each(Object.entries(await sharedEngines()))(
  'two instances that share sessions in %s',
  (_engine, setting) => {
    let sandbox: Sandbox;
    let instances: Instance[] = [];

    afterEach(async () => {
      await Promise.all(instances.map((instance) => instance.close()));
      await sandbox.close();
    });

    test.each([
      ['whose refresh tokens are kept', false],
      [
        'whose refresh tokens are replaced, and revoked with all that came of them when one is used twice',
        true,
      ],
    ])(
      `refresh ${sessions} sessions once each, %s, while all of them are in use`,
      async (_how, rotateRefreshTokens) => {
        sandbox = await startSandbox({
          port: 0,
          autoApprove: true,
          switches: { rotateRefreshTokens, accessTokenLifetime: lifetimeSeconds },
        });
        const settings = await instanceSettings(sandbox, { SESSION_STORE: setting });
        instances = await Promise.all([startInstance(settings), startInstance(settings)]);
        const cookies = await inTurns(sessions, (index) => logInAt(instances[index % 2]!));
        await sleep(lifetimeSeconds * 1000);
        sandbox.setSwitches({ accessTokenLifetime: 3600 });

        const answers = await Promise.all(
          cookies.flatMap((cookie) =>
            Array.from({ length: requestsEach }, (_, turn) => whoIs(instances[turn % 2]!, cookie)),
          ),
        );

        expect(answers.filter((answer) => answer === ariel)).toHaveLength(sessions * requestsEach);
        expect(instances.reduce((sum, instance) => sum + instance.count('tokens_refreshed'), 0)).toBe(
          sessions,
        );
        expect(instances.reduce((sum, instance) => sum + instance.count('session_ended'), 0)).toBe(0);
      },
      60_000,
    );
  },
);

/** Eight at a time, so that no token expires before its login is over. */
async function inTurns<T>(times: number, task: (index: number) => Promise<T>): Promise<T[]> {
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
