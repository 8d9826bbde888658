import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Sandbox } from '../../src/sandbox/start-sandbox.ts';
import { startSandbox } from '../../src/sandbox/start-sandbox.ts';
import { FaultProbe } from './fault-calls.ts';
import { bodyOf, registerClient } from './support.ts';

let sandbox: Sandbox;
let probe: FaultProbe;

beforeAll(async () => {
  sandbox = await startSandbox({ port: 0, autoApprove: true });
  probe = new FaultProbe(sandbox, await registerClient(sandbox));
});
beforeEach(() => sandbox.reset({ keepClients: true }));
afterAll(() => sandbox.close());

describe('A failure lasts', () => {
  const unavailable = { endpoint: 'clients', fault: 'http_503' } as const;
  const statuses = async (count: number) => {
    const seen: number[] = [];
    while (seen.length < count) seen.push((await probe.calls.clients()).status);
    return seen;
  };

  test('once', async () => {
    sandbox.setFault({ ...unavailable, times: 1 });
    expect(await statuses(2)).toEqual([503, 200]);
  });

  test('as many times as asked', async () => {
    sandbox.setFault({ ...unavailable, times: 2 });
    expect(await statuses(3)).toEqual([503, 503, 200]);
  });

  test('until reset', async () => {
    sandbox.setFault(unavailable);
    expect(await statuses(4)).toEqual([503, 503, 503, 503]);
    await sandbox.reset({ keepClients: true });
    expect(await statuses(1)).toEqual([200]);
  });

  test('everywhere, while LaunchDarkly is down', async () => {
    sandbox.setFault({ endpoint: '*', fault: 'http_503' });
    expect((await probe.calls.metadata()).status).toBe(503);
    expect((await probe.calls.authorize()).status).toBe(503);
    expect((await probe.calls.clients()).status).toBe(503);
  });

  test('while another waits for its turn', async () => {
    sandbox.setFaults([
      { ...unavailable, times: 1 },
      { endpoint: 'clients', fault: 'http_403', times: 1 },
    ]);
    expect(await statuses(3)).toEqual([503, 403, 200]);
  });

  test('at one endpoint and leaves the others alone', async () => {
    sandbox.setFault({ endpoint: 'refresh', fault: 'invalid_grant' });
    expect((await probe.calls.token()).status).toBe(200);
    expect((await probe.calls.refresh()).status).toBe(400);
  });
});

describe('The control API', () => {
  const put = (body: unknown) =>
    fetch(`${sandbox.url}/__sandbox/faults`, { method: 'PUT', body: JSON.stringify(body) });

  test('PUT replaces all failures, GET shows those that are left', async () => {
    sandbox.setFault({ endpoint: 'token', fault: 'slow' });
    const faults = [{ endpoint: 'clients', fault: 'http_503', times: 2 }];
    expect(await bodyOf(await put({ faults }))).toEqual({ faults });
    await probe.calls.clients();
    const left = await bodyOf(await fetch(`${sandbox.url}/__sandbox/faults`));
    expect(left.faults).toEqual([{ endpoint: 'clients', fault: 'http_503', times: 1 }]);
  });

  test.each([
    ['no list', {}],
    ['an unknown failure', { faults: [{ endpoint: 'token', fault: 'earthquake' }] }],
    ['an inherited name', { faults: [{ endpoint: 'token', fault: 'constructor' }] }],
    ['an unknown endpoint', { faults: [{ endpoint: 'nowhere', fault: 'slow' }] }],
    ['a failure where it cannot be', { faults: [{ endpoint: 'members', fault: 'wrong_iss' }] }],
    ['no times at all', { faults: [{ endpoint: 'token', fault: 'slow', times: 0 }] }],
    ['half a time', { faults: [{ endpoint: 'token', fault: 'slow', times: 1.5 }] }],
    ['an endless delay', { faults: [{ endpoint: 'token', fault: 'slow', delayMs: 1e9 }] }],
    ['a good one beside a bad one', { faults: [{ endpoint: 'token', fault: 'slow' }, null] }],
  ])('refuses %s with 400 and a sentence, changing nothing', async (_, body) => {
    const res = await put(body);
    expect(res.status).toBe(400);
    expect((await bodyOf<{ message: string }>(res)).message).toMatch(/\.$/);
    expect(sandbox.faults()).toEqual([]);
  });
});
