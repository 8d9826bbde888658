import { request as send } from 'undici';
import type { ReceivedRequest } from './http-server.ts';
import { startHttpServer } from './http-server.ts';
import type { TestApp } from './test-app.ts';
import { startTestApp } from './test-app.ts';
import { until } from './until.ts';

/** A message between the app and LaunchDarkly, and what came back. */
export interface Exchange extends ReceivedRequest {
  readonly status: number;
  readonly answer: string;
}

/** What an answer is replaced by: a status and a body, or a change to the JSON that LaunchDarkly gave. */
export type Replacement =
  | { readonly status: number; readonly body?: unknown; readonly headers?: Record<string, string> }
  | ((body: Record<string, unknown>) => Record<string, unknown>);

/** Stands between the app and its LaunchDarkly: sees every message, holds it back, or answers in its place. */
export interface Middleman {
  readonly url: string;
  /** What was answered so far, oldest first. */
  readonly exchanges: readonly Exchange[];
  /** From now on the answers of this path are replaced. */
  replace(path: string, replacement: Replacement): void;
  /** Holds requests to this path back until the returned function is called. */
  hold(path: string): () => void;
  /** Resolves when requests to this path were received `times` times. */
  received(path: string, times?: number): Promise<void>;
  /** Resolves when requests to this path were answered `times` times. */
  answered(path: string, times?: number): Promise<void>;
  /** The access tokens that the token endpoint gave so far. */
  accessTokens(): string[];
  /** Forgets what was seen, and stops replacing and holding. */
  reset(): void;
  close(): Promise<void>;
}

/** The app with a middleman between it and its sandbox. */
export interface TappedApp extends TestApp {
  readonly tap: Middleman;
  /** Whether LaunchDarkly still accepts an access token. */
  isGood(accessToken: string): Promise<boolean>;
}

/** Starts all three. The options are those of `startTestApp`. */
export async function startTappedApp(options: Parameters<typeof startTestApp>[0] = {}): Promise<TappedApp> {
  let target = '';
  const tap = await startMiddleman(() => target);
  const app = await startTestApp({ ...options, env: { LD_BASE_URI: tap.url, ...options.env } });
  target = app.sandbox.url;
  return {
    ...app,
    tap,
    async isGood(accessToken) {
      const headers = { authorization: `Bearer ${accessToken}` };
      const answer = await send(`${target}/api/v2/caller-identity`, { headers });
      await answer.body.dump();
      return answer.statusCode === 200;
    },
    async close() {
      await app.close();
      await tap.close();
    },
  };
}

async function startMiddleman(target: () => string): Promise<Middleman> {
  const exchanges: Exchange[] = [];
  const arrived: ReceivedRequest[] = [];
  const replacements = new Map<string, Replacement>();
  const holds = new Map<string, Promise<void>>();

  const server = await startHttpServer(async (received, response) => {
    const path = pathOf(received);
    arrived.push(received);
    await holds.get(path);
    const replacement = replacements.get(path);
    const { status, headers, answer } = await answerOf(received, replacement, target());
    response.writeHead(status, headers).end(answer, () => {
      exchanges.push({ ...received, status, answer });
    });
  });

  return {
    url: server.url,
    exchanges,
    replace: (path, replacement) => void replacements.set(path, replacement),
    hold(path) {
      let release = () => {};
      holds.set(path, new Promise((resolve) => (release = resolve)));
      return () => {
        holds.delete(path);
        release();
      };
    },
    received: (path, times = 1) => until(() => arrived.filter((one) => pathOf(one) === path).length >= times),
    answered: (path, times = 1) => until(() => exchanges.filter((one) => pathOf(one) === path).length >= times),
    accessTokens: () =>
      exchanges
        .filter((one) => pathOf(one) === paths.token && one.status === 200)
        .map(({ answer }) => JSON.parse(answer).access_token),
    reset() {
      exchanges.length = 0;
      arrived.length = 0;
      replacements.clear();
    },
    close: () => server.close(),
  };
}

/** LaunchDarkly's paths, as the tests name them. */
export const paths = {
  token: '/trust/oauth/token',
  revoke: '/trust/oauth/revoke',
  identity: '/api/v2/caller-identity',
  member: '/api/v2/members/me',
  projects: '/api/v2/projects',
} as const;

interface Answer {
  status: number;
  headers: Record<string, string>;
  answer: string;
}

async function answerOf(
  received: ReceivedRequest,
  replacement: Replacement | undefined,
  target: string,
): Promise<Answer> {
  if (replacement && typeof replacement === 'object') {
    const { status, body = {}, headers = {} } = replacement;
    return {
      status,
      headers: { 'content-type': 'application/json', ...headers },
      answer: typeof body === 'string' ? body : JSON.stringify(body),
    };
  }
  const real = await passOn(received, target);
  if (!replacement || real.status !== 200) return real;
  return { ...real, answer: JSON.stringify(replacement(JSON.parse(real.answer))) };
}

async function passOn({ method, path, headers, body }: ReceivedRequest, target: string): Promise<Answer> {
  const { connection, 'content-length': length, 'transfer-encoding': encoding, ...kept } = headers;
  const answer = await send(target + path, {
    method: method as 'GET',
    headers: kept as Record<string, string>,
    ...(body && { body }),
  });
  const sent = Object.entries(answer.headers).filter(([name]) => !hopByHop.has(name));
  return {
    status: answer.statusCode,
    headers: Object.fromEntries(sent.map(([name, value]) => [name, String(value)])),
    answer: await answer.body.text(),
  };
}

const hopByHop = new Set(['connection', 'keep-alive', 'transfer-encoding', 'content-length']);

function pathOf({ path }: ReceivedRequest): string {
  return path.split('?')[0] ?? '';
}
