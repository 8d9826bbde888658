import { once } from 'node:events';
import http, { type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { Masker } from '../flow-inspector/mask.ts';

/** Where a scripted browser finds the app and the sandbox. */
export interface Places {
  /** The public origin of the app. */
  readonly origin: string;
  /** The redirect URI. */
  readonly callback: string;
  readonly loginPath: string;
  readonly logoutPath: string;
  /** An origin, and the URL on this machine that answers for it over plain http. Nothing else is ever asked. */
  readonly servers: ReadonlyMap<string, string>;
}

/** What a browser asked the app, and the answer, secrets masked. */
export interface Step {
  /** Whose browser it was. */
  readonly who: string;
  readonly request: string;
  readonly status: number;
  /** The heading of a page, or where a redirect leads. */
  readonly answer: string;
  /** The failure code that the page shows. */
  readonly code?: string | undefined;
  readonly requestId?: string | undefined;
}

interface Answer {
  readonly url: URL;
  readonly status: number;
  readonly body: string;
  readonly location?: URL | undefined;
  readonly requestId?: string | undefined;
}

const mostHops = 8;

/** A browser that the tutorial drives: cookies, redirects and forms, without JavaScript. Its requests are real. */
export class ScriptedBrowser {
  readonly #who: string;
  readonly #places: Places;
  readonly #steps: Step[];
  readonly #cookies = new Map<string, Map<string, string>>();

  /** @param steps takes what this browser does at the app. */
  constructor(who: string, places: Places, steps: Step[]) {
    this.#who = who;
    this.#places = places;
    this.#steps = steps;
  }

  /** Starts a login and goes on as `email` to the answer of LaunchDarkly: the callback's URL, which is not opened. */
  async authorize(email: string, returnTo = '/'): Promise<URL> {
    const { origin, loginPath, callback } = this.#places;
    let answer = await this.open(`${origin}${loginPath}?${new URLSearchParams({ returnTo })}`);
    for (let hops = 0; hops < mostHops; hops++) {
      if (answer.location?.href.startsWith(callback)) return answer.location;
      if (answer.location) answer = await this.open(answer.location);
      else if (/name="decision"/.test(answer.body)) answer = await this.#submit(answer, { decision: 'authorize' });
      else if (/name="email"/.test(answer.body)) answer = await this.#submit(answer, { email });
      else break;
    }
    throw new Error(`The login did not come back from ${answer.url.origin}${answer.url.pathname} (${answer.status}).`);
  }

  /** A whole login, up to the answer of the callback. */
  async logIn(email: string, returnTo?: string): Promise<Answer> {
    return this.open(await this.authorize(email, returnTo));
  }

  logOut(): Promise<Answer> {
    return this.open(this.#places.origin + this.#places.logoutPath, {});
  }

  /** Who is logged in, by e-mail address; undefined when nobody is. */
  async member(): Promise<string | undefined> {
    const { status, body } = await this.open(`${this.#places.origin}/api/me`);
    return status === 200 ? JSON.parse(body).member.email : undefined;
  }

  /** Takes the cookies of another browser, as a thief would. */
  stealCookies(other: ScriptedBrowser): void {
    for (const [origin, cookies] of other.#cookies) this.#cookies.set(origin, new Map(cookies));
  }

  /** One request; redirects are not followed. With `form` it is a POST. */
  async open(target: string | URL, form?: Record<string, string>): Promise<Answer> {
    const url = new URL(target, this.#places.origin);
    const answer = await this.#send(url, form && new URLSearchParams(form).toString());
    if (url.origin === this.#places.origin) this.#note(form ? 'POST' : 'GET', answer);
    return answer;
  }

  /** The form of a page, with its hidden fields and these. */
  #submit({ url, body }: Answer, fields: Record<string, string>): Promise<Answer> {
    const [, attributes = '', content = ''] = /<form\b([^>]*)>(.*?)<\/form>/s.exec(body) ?? [];
    const hidden = [...content.matchAll(/<input type="hidden" name="(\w+)" value="([^"]*)">/g)];
    const all = { ...Object.fromEntries(hidden.map(([, name, value = '']) => [name, unescaped(value)])), ...fields };
    const action = new URL(unescaped(/action="([^"]*)"/.exec(attributes)?.[1] ?? ''), url);
    if (/method="post"/.test(attributes)) return this.open(action, all);
    action.search = new URLSearchParams(all).toString();
    return this.open(action);
  }

  async #send(url: URL, body?: string): Promise<Answer> {
    const server = this.#places.servers.get(url.origin);
    if (!server) throw new Error(`The tutorial does not open ${url.origin}.`);
    const cookies = this.#cookies.get(url.origin) ?? new Map<string, string>();
    this.#cookies.set(url.origin, cookies);
    const toApp = url.origin === this.#places.origin;
    const headers = {
      host: toApp ? url.host : new URL(server).host,
      accept: url.pathname.startsWith('/api/') ? 'application/json' : 'text/html',
      cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; '),
      'user-agent': `tutorial (${this.#who})`,
      'x-forwarded-proto': url.protocol.slice(0, -1),
      ...(body !== undefined && { 'content-type': 'application/x-www-form-urlencoded' }),
      ...(toApp && { origin: url.origin }),
    };
    const method = body === undefined ? 'GET' : 'POST';
    const path = url.pathname + url.search;
    const request = http.request(server, { method, headers, path, agent: false }).end(body);
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    const { 'set-cookie': lines = [], location, 'x-request-id': requestId } = response.headers;
    for (const line of lines) keepCookie(cookies, line);
    return {
      url,
      status: response.statusCode ?? 0,
      body: await text(response),
      location: location === undefined ? undefined : new URL(location, url),
      requestId: requestId?.toString(),
    };
  }

  #note(method: string, { url, status, body, location, requestId }: Answer): void {
    const heading = /<h1>(.*?)<\/h1>|"email":"(.*?)"/s.exec(body)?.slice(1).find(Boolean);
    const code = /Code <code>(\w+)<\/code>|"code":"(\w+)"/.exec(body)?.slice(1).find(Boolean);
    const shown = location ? `to ${masked(location, this.#places.origin)}` : unescaped(heading ?? '');
    const request = `${method} ${masked(url, this.#places.origin)}`;
    this.#steps.push({ who: this.#who, request, status, answer: shown, code, requestId });
  }
}

/** The path and the query with its secrets masked. Of another server, only where it is. */
function masked(url: URL, origin: string): string {
  if (url.origin !== origin) return url.origin + url.pathname;
  const masker = new Masker();
  const query = [...url.searchParams].map(([name, value]) => `${name}=${masker.field(name, value).value}`).join('&');
  return `${url.pathname}${query && `?${query}`}`;
}

function keepCookie(cookies: Map<string, string>, line: string): void {
  const [, name = '', value = ''] = /^([^=]*)=([^;]*)/.exec(line) ?? [];
  const expires = /;\s*expires=([^;]*)/i.exec(line)?.[1];
  if (expires && Date.parse(expires) <= Date.now()) cookies.delete(name);
  else cookies.set(name, value);
}

function unescaped(html: string): string {
  const characters: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" };
  return html.replace(/&(amp|lt|gt|quot|#39);/g, (_, name) => characters[name] ?? '');
}
