import type { Dispatcher, Pool } from 'undici';
import type { RunningContestant } from './contestant.ts';

/** Who logs in, and where. */
export interface Errand {
  readonly app: RunningContestant;
  /** The sandbox, which answers a `login_hint` at once. */
  readonly provider: Pool;
  readonly email: string;
}

type Cookies = Map<string, string>;

const headers = {
  accept: 'text/html,application/xhtml+xml,*/*;q=0.8',
  'user-agent': 'Mozilla/5.0 (benchmark)',
  // As a proxy that ends TLS sends them.
  'x-forwarded-proto': 'https',
  'x-forwarded-for': '203.0.113.7',
};

/**
 * Logs in as a browser does: login, authorization server, callback, the page after it, and the page that says who is
 * logged in. Returns the `Cookie` header of the session. Throws when any of it is not as it should be.
 */
export async function logIn({ app, provider, email }: Errand): Promise<string> {
  const cookies: Cookies = new Map();
  const authorize = await step(app.connections, app.loginPath, cookies);
  const hinted = `${pathOf(authorize)}&login_hint=${encodeURIComponent(email)}`;
  const callback = await step(provider, hinted, new Map());
  const next = await step(app.connections, pathOf(callback), cookies);
  const page = await visit(app.connections, pathOf(next), cookies);
  if (page.status !== 200) throw new Error(`${app.name} answered ${page.status} after the login.`);
  keepCookies(cookies, await askMember(app, email, cookieHeader(cookies)));
  return cookieHeader(cookies);
}

/** Asks who is logged in. Throws when it is not `email`. */
export async function readMember(app: RunningContestant, cookie: string, email: string): Promise<void> {
  await askMember(app, email, cookie);
}

async function askMember(app: RunningContestant, email: string, cookie: string) {
  const answer = await app.connections.request({
    path: app.memberPath,
    method: 'GET',
    headers: { ...headers, accept: 'application/json', cookie },
  });
  const text = await answer.body.text();
  if (answer.statusCode !== 200 || !text.includes(email)) {
    throw new Error(`${app.name} answered ${answer.statusCode} to the question who is logged in.`);
  }
  return answer.headers;
}

/** A visit that ends in a redirect; where to. */
async function step(connections: Pool, path: string, cookies: Cookies): Promise<string> {
  const { status, location } = await visit(connections, path, cookies);
  if (status < 300 || status > 399 || !location) throw new Error(`No redirect but ${status} during the login.`);
  return location;
}

async function visit(connections: Pool, path: string, cookies: Cookies) {
  const cookie = cookieHeader(cookies);
  const answer = await connections.request({
    path,
    method: 'GET',
    headers: cookie ? { ...headers, cookie } : headers,
  });
  await answer.body.dump();
  keepCookies(cookies, answer.headers);
  return { status: answer.statusCode, location: String(answer.headers.location ?? '') };
}

function keepCookies(cookies: Cookies, { 'set-cookie': lines = [] }: Dispatcher.ResponseData['headers']): void {
  for (const line of Array.isArray(lines) ? lines : [lines]) {
    const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
    if (value === '') cookies.delete(name);
    else cookies.set(name, value);
  }
}

function cookieHeader(cookies: Cookies): string {
  return [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
}

function pathOf(location: string): string {
  const { pathname, search } = new URL(location, 'http://app.invalid');
  return pathname + search;
}
