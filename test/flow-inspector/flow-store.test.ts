import { afterEach, expect, jest, test } from '@jest/globals';
import type { Flow } from '../../src/flow-inspector/flow.ts';
import { FlowStore, hasRoom } from '../../src/flow-inspector/flow-store.ts';

afterEach(() => {
  jest.restoreAllMocks();
});

function flow(key: string): Flow {
  return { key, startedAt: Date.now(), messages: [] };
}

test('after half an hour without a login, what a browser did is forgotten', () => {
  const store = new FlowStore();
  const browser = store.browser(undefined);
  store.add(browser, flow('a'));
  expect(store.flowsOf(browser)).toHaveLength(1);
  const later = Date.now() + 31 * 60_000;
  jest.spyOn(Date, 'now').mockReturnValue(later);
  expect(store.flowsOf(browser)).toEqual([]);
  expect(store.browser(browser)).not.toBe(browser);
});

test('a flood of logins costs a bounded amount: the least recently used browsers are dropped', () => {
  const store = new FlowStore();
  const browsers = Array.from({ length: 60 }, () => store.browser(undefined));
  for (const browser of browsers) store.add(browser, flow('a'));
  const kept = browsers.filter((browser) => store.flowsOf(browser).length > 0);
  expect(kept).toEqual(browsers.slice(10));
});

test('of one browser the newest five logins are kept', () => {
  const store = new FlowStore();
  const browser = store.browser(undefined);
  for (const key of ['1', '2', '3', '4', '5', '6']) store.add(browser, flow(key));
  expect(store.flowsOf(browser).map(({ key }) => key)).toEqual(['6', '5', '4', '3', '2']);
});

test('a login takes sixteen messages and no more', () => {
  const full = flow('a');
  const [message] = new Array(1).fill({ from: 'app', to: 'launchdarkly' });
  while (hasRoom(full)) full.messages.push(message);
  expect(full.messages).toHaveLength(16);
});

test('ids of browsers cannot be guessed', () => {
  const store = new FlowStore();
  const ids = new Set(Array.from({ length: 100 }, () => store.browser(undefined)));
  expect(ids.size).toBe(100);
  for (const id of ids) expect(id).toMatch(/^[\w-]{32}$/);
});
