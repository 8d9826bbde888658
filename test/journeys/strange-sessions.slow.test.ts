import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createClient } from '@redis/client';
import fc from 'fast-check';
import Database from 'libsql';
import { Browser } from '../support/browser.ts';
import { redisServer } from '../support/redis-server.ts';
import type { TestApp } from '../support/test-app.ts';
import { logIn, startTestApp, whoAmI } from '../support/test-app.ts';

/*
 * What stands in the session store may be of another version of the app or of another program. Rows are written behind the
 * app's back, under the id of a browser's session.
 */

const redis = await redisServer();
afterAll(() => redis?.stop());

/** JSON texts of a session without its login, and of the login. */
interface Row {
  data: string;
  login: string;
}

/** Reads and writes rows past the app. */
interface RawStore {
  read(id: string): Promise<Row>;
  write(id: string, row: Row): Promise<void>;
  close(): void;
}

const engines: [string, string | undefined, (app: TestApp) => Promise<RawStore>][] = [
  ['a file', undefined, rawFile],
  ...(redis ? [['Redis', redis.url, rawRedis] as [string, string, () => Promise<RawStore>]] : []),
];

describe.each(engines)('sessions of any shape in %s', (_engine, setting, openRaw) => {
  let app: TestApp;
  let raw: RawStore;
  let cookie: string;
  let id: string;
  let good: Row;

  beforeAll(async () => {
    app = await startTestApp({ env: setting ? { SESSION_STORE: setting } : {} });
    raw = await openRaw(app);
    const { browser } = await logIn(app);
    expect(await whoAmI(app, browser)).toMatchObject({ status: 200 });
    cookie = browser.cookieHeader(app.url);
    id = /s%3A([^.]+)\./.exec(cookie)?.[1] ?? '';
    good = await raw.read(id);
  });
  afterAll(async () => {
    raw.close();
    await app.close();
  });

  /** The statuses of every kind of request that looks at the session; the logout is the last. */
  async function statuses(row: Row): Promise<Record<string, number>> {
    await raw.write(id, { ...row, login: withNewId(row.login) });
    const visitor = new Browser();
    const ask = async (path: string, method: string) => {
      const headers = { cookie, accept: 'text/html', origin: app.url };
      return (await visitor.request(app.url + path, { method, headers })).status;
    };
    const found: Record<string, number> = {};
    for (const path of ['/api/me', '/', '/account', '/projects', '/auth/callback?code=1&state=2'])
      found[path] = await ask(path, 'GET');
    found.logout = await ask('/auth/logout', 'POST');
    return found;
  }

  /** Each row is a login of its own: one that has been logged out stays out, whatever is written to the store. */
  function withNewId(login: string): string {
    return typeof login === 'string' ? login.replace(/"id":"[\da-f]{8}-[^"]+"/, `"id":"${randomUUID()}"`) : login;
  }

  const nobody = { '/api/me': 401, '/': 200, '/account': 303, '/projects': 303, logout: 303 };

  test('the row itself, written again, is a login', async () => {
    expect(await statuses(good)).toMatchObject({ '/api/me': 200, '/account': 200, logout: 303 });
  });

  test.each([
    ['a number', 5],
    ['a text', 'x'],
    ['an empty object', {}],
    ['a list', []],
    ['true', true],
    ['no user', { user: null }],
    ['a user without lists', { user: { id: 'a', accountId: 'b', email: 'c', role: 'd' } }],
    ['lists that are none', { teams: 5 }],
    ['teams without names', { teams: [{}] }],
    ['a name that is a number', { firstName: 5 }],
    ['no tokens', { tokens: undefined }],
    ['tokens that are an object', { tokens: {} }],
    ['no time of its beginning', { startedAt: undefined }],
    ['a time that is no date', { startedAt: 8.64e15 }],
    ['a time that is a text', { verifiedAt: 'today' }],
    ['no revision', { revision: undefined }],
  ])('a login that is %s: nobody is logged in', async (_what, value) => {
    const { user, ...login } = JSON.parse(good.login);
    const changed =
      typeof value !== 'object' || Array.isArray(value) || Object.keys(value).length === 0
        ? value
        : 'user' in value || Object.keys(login).some((name) => name in value)
          ? { user, ...login, ...value }
          : { ...login, user: { ...user, ...value } };
    expect(await statuses({ ...good, login: JSON.stringify(changed) })).toMatchObject(nobody);
  });

  test.each(['null', '5', '"x"', '[]', '{}', '{"cookie":null}', '{"cookie":5}', '', '{', '{"cookie":{},"toJSON":5}'])(
    'data that is %s: nobody is logged in',
    async (data) => {
      expect(await statuses({ ...good, data })).toMatchObject(nobody);
    },
  );

  test.each([
    { expires: 'junk' },
    { expires: {}, originalMaxAge: 'junk', maxAge: 'junk' },
    { sameSite: 5, path: 5, domain: [], priority: 'junk', secure: 'x' },
    { serialize: 5, toJSON: 5, data: 5, ['__proto__']: null },
    JSON.parse('{"__proto__":{"expires":5},"constructor":5}'),
  ])('a cookie with junk such as %j harms nothing', async (junk) => {
    const data = JSON.stringify({ ...JSON.parse(good.data), cookie: junk });
    expect(await statuses({ ...good, data })).toMatchObject({ '/api/me': 200, '/account': 200, logout: 303 });
  });

  test.each([5, {}, [null], [5], [{ state: 5 }], [{ state: '2', returnTo: 5 }]])(
    'finished logins that are %j harm nothing',
    async (finishedLogins) => {
      const data = JSON.stringify({ ...JSON.parse(good.data), finishedLogins });
      const { logout, ...pages } = await statuses({ ...good, data });
      expect(pages).toMatchObject({ '/api/me': 200, '/account': 200 });
      expect(Math.max(...Object.values(pages))).toBeLessThan(500);
      expect(logout).toBe(303);
    },
  );

  test('rows of which anything is replaced by anything never fail', async () => {
    const paths = [...pathsIn(JSON.parse(good.login))];
    const junk = fc.oneof(
      fc.jsonValue(),
      fc.constantFrom(undefined, null, '', 0, -1, 1e300, [], {}, [null], '\ud800', true),
    );
    const changedLogin = fc
      .array(fc.tuple(fc.constantFrom(...paths), junk), { minLength: 1, maxLength: 3 })
      .map((changes) => changes.reduce((login, [path, value]) => replace(login, path, value), JSON.parse(good.login)));
    const anyData = fc.record({ cookie: fc.oneof(fc.constant({}), fc.jsonValue()), more: fc.jsonValue() });
    const row = fc.oneof(
      {
        weight: 3,
        arbitrary: changedLogin.map((login) => ({ ...good, login: JSON.stringify(login) ?? 'x' })),
      },
      { weight: 1, arbitrary: fc.json().map((login) => ({ ...good, login })) },
      { weight: 1, arbitrary: fc.json().map((data) => ({ ...good, data })) },
      {
        weight: 1,
        arbitrary: anyData.map(({ cookie, more }) => ({
          ...good,
          data: JSON.stringify({ cookie, ...(typeof more === 'object' ? more : { finishedLogins: more }) }),
        })),
      },
    );
    await fc.assert(
      fc.asyncProperty(row, async (changed) => {
        const { logout, ...pages } = await statuses(changed);
        expect(Math.max(...Object.values(pages))).toBeLessThan(500);
        expect(logout).toBe(303);
      }),
      { numRuns: 60 },
    );
  }, 60_000);
});

async function rawFile(app: TestApp): Promise<RawStore> {
  const database = new Database(String(app.env.SESSION_STORE).slice('file:'.length));
  return {
    async read(id) {
      const row = database.prepare('SELECT data, login FROM sessions WHERE id = ?').raw().get(id);
      const [data = '', login = ''] = row as string[];
      return { data, login };
    },
    async write(id, { data, login }) {
      const sql = 'INSERT OR REPLACE INTO sessions VALUES (?, ?, ?, 1, ?)';
      database.prepare(sql).run(id, data, login, Date.now() + 3_600_000);
    },
    close: () => void database.close(),
  };
}

async function rawRedis(app: TestApp): Promise<RawStore> {
  const client = await createClient({ url: String(app.env.SESSION_STORE) }).connect();
  const key = (id: string) => `login:session:${id}`;
  return {
    async read(id) {
      const { data = '', login = '' } = await client.hGetAll(key(id));
      return { data, login };
    },
    async write(id, { data, login }) {
      const expiresAt = String(Date.now() + 3_600_000);
      await client.hSet(key(id), { data, login, revision: '1', expiresAt });
    },
    close: () => void client.destroy(),
  };
}

/** Every path to a value within a JSON value, the empty one first. */
function* pathsIn(value: unknown, path: string[] = []): Generator<string[]> {
  yield path;
  if (typeof value === 'object' && value !== null)
    for (const [name, inner] of Object.entries(value)) yield* pathsIn(inner, [...path, name]);
}

/** A copy with another value at this path; the same when there is no such path. */
function replace(whole: unknown, [first, ...rest]: string[], value: unknown): unknown {
  if (first === undefined) return value;
  if (typeof whole !== 'object' || whole === null) return whole;
  const copy = (Array.isArray(whole) ? [...whole] : { ...whole }) as Record<string, unknown>;
  copy[first] = replace(copy[first], rest, value);
  return copy;
}
