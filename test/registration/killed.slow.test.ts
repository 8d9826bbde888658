import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { registerClient } from '../../scripts/registration/index.ts';
import { compile } from '../support/compiled.ts';
import type { RegistrationWorld } from '../support/registration.ts';
import { keptText, registrationWorld, startLaunchDarkly } from '../support/registration.ts';
import type { Happened, RunOrders } from '../support/registration-run.ts';

jest.setTimeout(180_000);

/** Processes at the same time. */
const lanes = 4;

let shared: Awaited<ReturnType<typeof startLaunchDarkly>>;
let program: string;
let remove: () => Promise<void>;
beforeAll(async () => {
  shared = await startLaunchDarkly();
  const compiled = await compile(['test/support/registration-run.ts']);
  remove = compiled.remove;
  program = path.join(compiled.folder, 'test/support/registration-run.js');
});
afterAll(async () => {
  await remove();
  await shared.close();
});

describe.each([
  { title: 'a registration', rotate: false, random: 100 },
  { title: 'a rotation', rotate: true, random: 20 },
])('$title that is killed with SIGKILL', ({ rotate, random }) => {
  let whole: Happened;
  beforeAll(async () => {
    whole = JSON.parse((await inWorld(rotate, (world) => run(world, { rotate }))).stdout);
  });

  test('before every operation of the system', async () => {
    expect(whole.system).toBeGreaterThan(40);
    const steps = Array.from({ length: whole.system }, (_, index) => index + 1);
    await inLanes(steps, (at) => killedAndRunAgain(rotate, { die: { kind: 'system', at } }));
  });

  test(`at ${random} of its promises, picked at random`, async () => {
    const steps = Array.from({ length: random }, () => 1 + Math.floor(Math.random() * whole.promise));
    await inLanes(steps, (at) => killedAndRunAgain(rotate, { die: { kind: 'promise', at } }));
  });

  test('when LaunchDarkly gets one of its requests, and when it has acted on it', async () => {
    const requests = ['GET.*caller-identity', 'GET.*clients$', 'POST', 'PATCH', ...(rotate ? ['DELETE'] : [])];
    const cases = requests.flatMap((request) => [[request, 'arrived'] as const, [request, 'acted'] as const]);
    for (const whenServer of cases) await killedAndRunAgain(rotate, { whenServer });
  });
});

interface Death {
  readonly die?: NonNullable<RunOrders['die']>;
  readonly whenServer?: readonly [request: string, moment: 'arrived' | 'acted'];
}

async function killedAndRunAgain(rotate: boolean, death: Death): Promise<void> {
  await inWorld(rotate, async (world) => {
    const { signal } = await run(world, { rotate, ...death });
    const seen = { death: JSON.stringify(death), signal, others: await world.otherLines() };
    const workedOn = !rotate || (await world.secretWorks());
    await registerClient(world.options({ rotate }));
    const clients = await world.clients();
    expect({
      ...seen,
      workedOn,
      works: await world.secretWorks(),
      ids: clients.map(({ clientId }) => clientId),
      marked: clients.filter(({ description }) => description.includes('unfinished')),
      othersAfter: await world.otherLines(),
      files: (await world.files()).filter((name) => name !== '.env.registration'),
    }).toEqual({
      death: JSON.stringify(death),
      signal: 'SIGKILL',
      others: keptText,
      workedOn: true,
      works: true,
      ids: [world.env().LD_OAUTH_CLIENT_ID],
      marked: [],
      othersAfter: keptText,
      files: ['.env', '.env.lock'],
    });
  });
}

async function inWorld<T>(registered: boolean, task: (world: RegistrationWorld) => Promise<T>): Promise<T> {
  const redirectUri = `https://${randomUUID()}.example.test/auth/callback`;
  const world = await registrationWorld({ timeoutMs: 5_000, shared, redirectUri });
  try {
    if (registered) await registerClient(world.options());
    return await task(world);
  } finally {
    await world.close();
  }
}

/** Runs the program to its end, natural or not. */
async function run(world: RegistrationWorld, { rotate, die, whenServer }: Death & { rotate: boolean }) {
  const child = spawn(process.execPath, [program], { stdio: ['pipe', 'pipe', 'inherit'] });
  const orders: RunOrders = {
    baseUri: world.proxy.url,
    apiToken: world.adminToken,
    envFile: world.envFile,
    redirectUri: world.options().redirectUri,
    rotate,
    ...(die && { die }),
  };
  if (whenServer) {
    const [pattern, moment] = whenServer;
    world.proxy.watch((now, { method, path: at }) => {
      if (now === moment && new RegExp(`^${pattern}`).test(`${method} ${at}`)) child.kill('SIGKILL');
    });
  }
  child.stdin.end(JSON.stringify(orders));
  let stdout = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  const [, signal] = await once(child, 'close');
  world.proxy.watch(() => {});
  return { stdout, signal: signal as string | null };
}

/** As many at once as there are lanes. */
async function inLanes<T>(items: readonly T[], task: (item: T) => Promise<void>): Promise<void> {
  const queue = [...items];
  await Promise.all(
    Array.from({ length: lanes }, async () => {
      for (let item = queue.shift(); item !== undefined; item = queue.shift()) await task(item);
    }),
  );
}
