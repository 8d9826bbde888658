import { Agent, fetch } from 'undici';

/** An answer with its body read, at the URL that was asked. */
export interface Page {
  readonly url: string;
  readonly status: number;
  readonly headers: Headers;
  readonly body: string;
  /** Where a redirect leads, absolute. */
  readonly location: string | undefined;
}

interface Cookie {
  readonly value: string;
  readonly secure: boolean;
  readonly expires: number;
  /** The whole `Set-Cookie` line. */
  readonly line: string;
}

/** What a test asks for beyond the URL. */
export interface Visit {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly form?: Record<string, string>;
}

const mostRedirects = 20;

/**
 * A browser without JavaScript: a cookie jar for each host (all ports share one, as in real browsers), links, forms and
 * redirects. Certificates are not checked.
 */
export class Browser {
  readonly jar = new Map<string, Map<string, Cookie>>();
  /** Every page seen, redirects included. */
  readonly history: Page[] = [];
  readonly #dispatcher = new Agent({ connect: { rejectUnauthorized: false }, keepAliveTimeout: 100 });

  /** One request; redirects are not followed. */
  async request(url: string, { method, headers = {}, form }: Visit = {}): Promise<Page> {
    const cookie = this.cookieHeader(url);
    const response = await fetch(url, {
      method: method ?? (form ? 'POST' : 'GET'),
      headers: {
        accept: 'text/html,application/xhtml+xml',
        ...(cookie && { cookie }),
        ...(form && { 'content-type': 'application/x-www-form-urlencoded', origin: new URL(url).origin }),
        ...headers,
      },
      ...(form && { body: new URLSearchParams(form).toString() }),
      redirect: 'manual',
      dispatcher: this.#dispatcher,
    });
    this.#keepCookies(url, response.headers.getSetCookie());
    const to = response.headers.get('location');
    const page = {
      url,
      status: response.status,
      headers: response.headers as unknown as Headers,
      body: await response.text(),
      location: to === null ? undefined : new URL(to, url).href,
    };
    this.history.push(page);
    return page;
  }

  /** A request and whatever it redirects to, up to the first page of another kind. */
  async visit(url: string, visit: Visit = {}): Promise<Page> {
    return this.follow(await this.request(url, visit));
  }

  /** Follows a redirect to its end. */
  async follow(page: Page): Promise<Page> {
    let current = page;
    for (let hops = 0; current.location !== undefined && current.status >= 300 && current.status < 400; hops++) {
      if (hops === mostRedirects)
        throw new Error(`More than ${mostRedirects} redirects, the last to ${current.location}`);
      current = await this.request(current.location);
    }
    return current;
  }

  /** Presses the button whose name contains `name`, and follows where it leads. */
  async press(page: Page, name: string): Promise<Page> {
    return this.follow(await this.submit(page, name));
  }

  /** Presses the button whose name contains `name`; redirects are not followed. */
  async submit(page: Page, name: string): Promise<Page> {
    const { action, method, fields } = findForm(page, name);
    const url = new URL(action, page.url);
    if (method === 'POST') return this.request(url.href, { form: fields });
    url.search = new URLSearchParams(fields).toString();
    return this.request(url.href);
  }

  cookies(url: string): Map<string, Cookie> {
    const { hostname } = new URL(url);
    const cookies = this.jar.get(hostname) ?? new Map<string, Cookie>();
    this.jar.set(hostname, cookies);
    return cookies;
  }

  cookieHeader(url: string): string {
    const secure = url.startsWith('https:');
    return [...this.cookies(url)]
      .filter(([, cookie]) => cookie.expires > Date.now() && (secure || !cookie.secure))
      .map(([name, { value }]) => `${name}=${value}`)
      .join('; ');
  }

  #keepCookies(url: string, lines: readonly string[]): void {
    const cookies = this.cookies(url);
    for (const line of lines) {
      const [pair = '', ...attributes] = line.split(';').map((part) => part.trim());
      const [name = '', value = ''] = split(pair);
      const named = new Map(
        attributes.map((attribute) => split(attribute)).map(([key, text]) => [key?.toLowerCase(), text]),
      );
      const expires = expiryOf(named);
      if (expires <= Date.now()) cookies.delete(name);
      else cookies.set(name, { value, secure: named.has('secure'), expires, line });
    }
  }
}

function split(text: string): [string, string] {
  const at = text.indexOf('=');
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}

function expiryOf(attributes: Map<string | undefined, string | undefined>): number {
  const maxAge = attributes.get('max-age');
  if (maxAge !== undefined) return Date.now() + Number(maxAge) * 1000;
  const expires = attributes.get('expires');
  return expires === undefined ? Number.POSITIVE_INFINITY : Date.parse(expires);
}

/** The form with the button whose text or label contains `name`, and the fields it would send. */
function findForm(page: Page, name: string): { action: string; method: string; fields: Record<string, string> } {
  for (const [, attributes = '', content = ''] of page.body.matchAll(/<form\b([^>]*)>(.*?)<\/form>/gs)) {
    for (const [, buttonAttributes = '', text = ''] of content.matchAll(/<button\b([^>]*)>(.*?)<\/button>/gs)) {
      const label =
        attribute(buttonAttributes, 'aria-label') ?? decode(text.replace(/<[^>]*>/g, ' ')).replace(/\s+/g, ' ');
      if (!label.includes(name)) continue;
      const fields: Record<string, string> = {};
      for (const [, input = ''] of content.matchAll(/<input\b([^>]*)>/g)) {
        const field = attribute(input, 'name');
        if (field) fields[field] = attribute(input, 'value') ?? '';
      }
      const own = attribute(buttonAttributes, 'name');
      if (own) fields[own] = attribute(buttonAttributes, 'value') ?? '';
      const action = attribute(buttonAttributes, 'formaction') ?? attribute(attributes, 'action') ?? page.url;
      return { action, method: (attribute(attributes, 'method') ?? 'get').toUpperCase(), fields };
    }
  }
  throw new Error(`No button named "${name}" on ${page.url} (${page.status}): ${page.body.slice(0, 500)}`);
}

function attribute(text: string, name: string): string | undefined {
  const value = new RegExp(`(?:^|\\s)${name}="([^"]*)"`).exec(text)?.[1];
  return value === undefined ? undefined : decode(value);
}

function decode(text: string): string {
  return text
    .replace(/&lt;/g, '<')
    .replace(/&gt;/g, '>')
    .replace(/&quot;/g, '"')
    .replace(/&#(\d+);/g, (_, code) => String.fromCodePoint(Number(code)))
    .replace(/&#x([0-9a-f]+);/gi, (_, code) => String.fromCodePoint(Number.parseInt(code, 16)))
    .replace(/&amp;/g, '&');
}
