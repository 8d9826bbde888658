/**
 * One run of `registerClient` in a process of its own, which can be told to kill itself at the n-th thing that happens
 * in it: at a promise (`promise`), or before an operation of the system (`system`): of a file or of a connection.
 * Requests go out by Node's own http, since it loads in a tenth of the time and this is started hundreds of times.
 * Takes its orders as JSON on standard input, so that no process list shows the token; prints how much happened.
 */
import { createHook } from 'node:async_hooks';
import { once } from 'node:events';
import { readFileSync, writeSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { request as httpRequest } from 'node:http';
import { text } from 'node:stream/consumers';
import { registerClient } from '../../scripts/registration/index.ts';
import type { Http } from '../../src/launchdarkly/index.ts';
import { createLaunchDarkly } from '../../src/launchdarkly/index.ts';

/** What a run is told. */
export interface RunOrders {
  readonly baseUri: string;
  readonly apiToken: string;
  readonly envFile: string;
  readonly redirectUri: string;
  readonly rotate?: boolean;
  readonly die?: { readonly at: number; readonly kind: 'promise' | 'system' };
}

/** What a run that lived prints. */
export type Happened = Record<'promise' | 'system', number>;

const { die, ...orders }: RunOrders = JSON.parse(readFileSync(0, 'utf8'));
const happened: Happened = { promise: 0, system: 0 };

function step(kind: 'promise' | 'system'): void {
  happened[kind]++;
  if (die?.kind === kind && die.at === happened[kind]) process.kill(process.pid, 'SIGKILL');
}

const hook = createHook({
  init(_, type) {
    if (type === 'PROMISE') step('promise');
    else if (/REQ|WRAP|REQUEST/.test(type) && type !== 'RANDOMBYTESREQUEST') step('system');
  },
});

const http: Pick<Http, 'request'> = {
  async request({ method, url, headers = {}, body = '' }) {
    const call = httpRequest(url, {
      method,
      headers: { ...headers, 'content-length': Buffer.byteLength(body) },
    });
    call.end(body);
    const [response] = (await once(call, 'response')) as [IncomingMessage];
    return { status: response.statusCode ?? 0, headers: {}, body: await text(response) };
  },
};
const launchDarkly = createLaunchDarkly({ baseUri: orders.baseUri, http });
hook.enable();
await registerClient({ ...orders, launchDarkly, confirm: async () => true, tell: () => {} });
hook.disable();
writeSync(1, JSON.stringify(happened));
process.exit(0);
