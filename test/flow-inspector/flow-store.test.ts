import { afterEach, expect, jest, test } from '@jest/globals';
import type { Flow } from '../../src/flow-inspector/flow.ts';
import { FlowStore, hasRoom, newBrowserId } from '../../src/flow-inspector/flow-store.ts';

afterEach(() => {
  jest.restoreAllMocks();
});

function flow(key: string, kind: Flow['kind'] = 'login', id = Number(key)): Flow {
  return { id, kind, key, startedAt: Date.now(), messages: [] };
}

test('after half an hour without a record, what a browser did is forgotten', () => {
  const store = new FlowStore();
  const browser = newBrowserId();
  store.add(browser, flow('1'));
  expect(store.flowsOf(browser)).toHaveLength(1);
  const later = Date.now() + 31 * 60_000;
  jest.spyOn(Date, 'now').mockReturnValue(later);
  expect(store.flowsOf(browser)).toEqual([]);
  expect(store.knows(browser)).toBe(false);
});

test('a flood of logins costs a bounded amount: the least recently used browsers are dropped', () => {
  const store = new FlowStore();
  const browsers = Array.from({ length: 60 }, newBrowserId);
  for (const browser of browsers) store.add(browser, flow('1'));
  const kept = browsers.filter((browser) => store.flowsOf(browser).length > 0);
  expect(kept).toEqual(browsers.slice(10));
});

test('of one browser the newest five refreshes are kept, and they push out no login', () => {
  const store = new FlowStore();
  const browser = newBrowserId();
  store.add(browser, flow('1'));
  for (const key of ['2', '3', '4', '5', '6', '7']) store.add(browser, flow(key, 'page'));
  expect(store.flowsOf(browser).map(({ key }) => key)).toEqual(['7', '6', '5', '4', '3', '1']);
});

test('a refresh that began before a logout is not shown to the next person at the browser', () => {
  const store = new FlowStore();
  const browser = newBrowserId();
  const began = (kind: Flow['kind']) => flow(kind, kind, store.nextId());
  const [refresh, logout] = [began('page'), began('logout')];
  const begunMeanwhile = began('page');
  store.add(browser, refresh);
  store.forgetAllBut(logout, browser);
  for (const late of [refresh, begunMeanwhile]) store.add(browser, late);
  expect(store.flowsOf(browser)).toEqual([logout]);
  const login = began('login');
  store.add(browser, login);
  expect(store.flowsOf(browser)).toEqual([login, logout]);
});

test('of one browser the newest five logins are kept', () => {
  const store = new FlowStore();
  const browser = newBrowserId();
  for (const key of ['1', '2', '3', '4', '5', '6']) store.add(browser, flow(key));
  expect(store.flowsOf(browser).map(({ key }) => key)).toEqual(['6', '5', '4', '3', '2']);
});

test('a login takes sixteen messages and no more', () => {
  const full = flow('1');
  const [message] = new Array(1).fill({ from: 'app', to: 'launchdarkly' });
  while (hasRoom(full)) full.messages.push(message);
  expect(full.messages).toHaveLength(16);
});

test('ids of browsers cannot be guessed', () => {
  const ids = new Set(Array.from({ length: 100 }, newBrowserId));
  expect(ids.size).toBe(100);
  for (const id of ids) expect(id).toMatch(/^[\w-]{32}$/);
});
