import { describe, expect, test } from '@jest/globals';
import type { Endpoint } from '../../src/sandbox/faults/endpoints.ts';
import type { networkFaults } from '../../src/sandbox/faults/network-faults.ts';
import { probe, sandbox } from './faulty-sandbox.ts';
import { bodyOf, REDIRECT_URI, registerClient } from './support.ts';

/** One for each: the compiler misses what is missing. */
const CHECKS: Record<keyof typeof networkFaults, () => Promise<void>> = {
  async slow() {
    sandbox.setFault({ endpoint: 'clients', fault: 'slow', delayMs: 150 });
    const startedAt = performance.now();
    expect((await probe.calls.clients()).status).toBe(200);
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(145);
  },
  async silent() {
    sandbox.setFault({ endpoint: 'clients', fault: 'silent' });
    const headers = { Authorization: sandbox.adminToken };
    const request = fetch(`${sandbox.url}/api/v2/oauth/clients`, {
      headers,
      signal: AbortSignal.timeout(100),
    });
    await expect(request).rejects.toMatchObject({ name: 'TimeoutError' });
  },
  async connection_dropped() {
    sandbox.setFault({ endpoint: 'clients', fault: 'connection_dropped', method: 'POST' });
    await expect(registerClient(sandbox, REDIRECT_URI, 'Never made')).rejects.toThrow('fetch failed');
    expect(await (await probe.calls.clients()).text()).not.toContain('Never made');
  },
  async answer_lost() {
    sandbox.setFault({ endpoint: 'clients', fault: 'answer_lost', method: 'POST' });
    await expect(registerClient(sandbox, REDIRECT_URI, 'Made anyway')).rejects.toThrow('fetch failed');
    expect(await (await probe.calls.clients()).text()).toContain('Made anyway');
  },
  async http_500() {
    for (const endpoint of Object.keys(probe.calls) as Endpoint[])
      expect(await probe.statusOf('http_500', endpoint)).toBe(500);
  },
  async http_503() {
    const res = await probe.answerTo('http_503');
    expect(res.status).toBe(503);
    expect(await bodyOf(res)).toEqual({
      code: 'service_unavailable',
      message: 'Requested service unavailable',
    });
  },
  async html_502() {
    const res = await probe.answerTo('html_502', 'token');
    expect([res.status, res.headers.get('content-type')]).toEqual([502, 'text/html; charset=utf-8']);
  },
  async html_200() {
    expect(await (await probe.answerTo('html_200', 'token')).text()).toMatch(/^<html>/);
  },
  async broken_json() {
    const res = await probe.answerTo('broken_json', 'token');
    expect(res.headers.get('content-type')).toMatch(/json/);
    await expect(res.json()).rejects.toThrow();
  },
  async empty_200() {
    const res = await probe.answerTo('empty_200');
    expect([res.status, await res.text()]).toEqual([200, '']);
  },
  async other_json() {
    expect(await bodyOf(await probe.answerTo('other_json', 'members'))).toEqual({ items: 'none' });
  },
  async rate_limited() {
    const res = await probe.answerTo('rate_limited');
    expect(res.status).toBe(429);
    const wait = Number(res.headers.get('x-ratelimit-reset')) - sandbox.now();
    expect(wait).toBeGreaterThan(1000);
    expect(wait).toBeLessThanOrEqual(2000);
  },
  async rate_limited_retry_after() {
    const res = await probe.answerTo('rate_limited_retry_after');
    expect([res.status, res.headers.get('retry-after')]).toEqual([429, '2']);
  },
  async rate_limited_token() {
    const res = await probe.answerTo('rate_limited_token');
    expect(Number(res.headers.get('x-ratelimit-auth-token-reset'))).toBeGreaterThan(sandbox.now());
  },
  async rate_limited_past_reset() {
    const res = await probe.answerTo('rate_limited_past_reset');
    expect(Number(res.headers.get('x-ratelimit-reset'))).toBeLessThan(sandbox.now());
  },
  async rate_limited_no_headers() {
    const res = await probe.answerTo('rate_limited_no_headers');
    expect([...res.headers.keys()].filter((name) => /ratelimit|retry/.test(name))).toEqual([]);
  },
};

describe('What can go wrong anywhere is seen from outside', () => {
  test.each(Object.entries(CHECKS))('%s', async (_, check) => check());
});
