import tls from 'node:tls';
import { beforeAll, describe, expect, jest, test } from '@jest/globals';
import type { HttpOptions } from '../../../src/launchdarkly/index.ts';
import { createHttp, createLaunchDarkly } from '../../../src/launchdarkly/index.ts';
import { privateCa, selfSigned } from '../../support/certificates.ts';
import { closeAfterEach } from '../../support/close-after-each.ts';
import { startConnectProxy } from '../../support/connect-proxy.ts';
import { json, startHttpServer, startSocketServer } from '../../support/http-server.ts';
import { withAdvice } from '../../support/rest-answers.ts';

const host = 'launchdarkly.example';
const closing = closeAfterEach();
let pki: Awaited<ReturnType<typeof privateCa>>;

beforeAll(async () => {
  pki = await privateCa(host, 'localhost');
});

/** A server that only a proxy finds, and such a proxy. */
async function behindProxy(refusal?: string) {
  const server = closing(await startHttpServer((_, response) => json(response, 200, { accountId: 'a' }), pki));
  const proxy = closing(await startConnectProxy(server.port, refusal));
  return { server, proxy };
}

function ask(baseUri: string, options: HttpOptions) {
  const http = closing(createHttp({ ca: pki.ca, ...options }));
  return withAdvice(createLaunchDarkly({ baseUri, http }).getCallerIdentity({ apiToken: 'api-x' }));
}

const untrusted = {
  reason: 'unreachable',
  mayHaveTakenEffect: false,
  likelyCause: expect.stringContaining('signed by an authority that this machine does not know'),
  nextStep: expect.stringContaining('NODE_EXTRA_CA_CERTS'),
};

/** One attempt. */
async function reach(baseUri: string, options: HttpOptions) {
  const http = closing(createHttp({ ca: pki.ca, ...options }));
  return http.request({ method: 'GET', url: `${baseUri}/api`, retry: false });
}

test.each([{}, { httpsProxy: 'http://127.0.0.1:9' }])(
  'a name below localhost is this machine, as in browsers, also where the resolver has no such name (%j)',
  async (options) => {
    const server = closing(await startHttpServer((_, response) => json(response, 200, {})));
    const { status } = await reach(`http://launchdarkly.localhost:${server.port}`, options);
    expect(status).toBe(200);
    expect(server.requests[0]?.headers.host).toBe(`launchdarkly.localhost:${server.port}`);
  },
);

test('a name below localhost is never asked of a proxy', async () => {
  const pki = await privateCa('launchdarkly.localhost');
  const server = closing(await startHttpServer((_, response) => json(response, 200, {}), pki));
  const { status } = await reach(`https://launchdarkly.localhost:${server.port}`, {
    ca: pki.ca,
    httpsProxy: 'http://127.0.0.1:9',
  });
  expect(status).toBe(200);
});

describe('through a proxy', () => {
  test('https goes by CONNECT: the proxy learns the host and nothing else', async () => {
    const { server, proxy } = await behindProxy();
    await expect(ask(`https://${host}`, { httpsProxy: proxy.url })).resolves.toEqual({ accountId: 'a' });
    expect(proxy.heads).toEqual([expect.stringMatching(/^CONNECT launchdarkly\.example:443 HTTP\/1\.1\r\n/)]);
    expect(proxy.heads.join()).not.toMatch(/api-x|caller-identity/);
    expect(server.requests).toHaveLength(1);
  });

  test('a user name and password in its address reach the proxy, and only the proxy', async () => {
    const { server, proxy } = await behindProxy();
    const httpsProxy = proxy.url.replace('//', '//us%40er:p%3Aw@');
    await ask(`https://${host}`, { httpsProxy });
    const basic = Buffer.from('us@er:p:w').toString('base64');
    expect(proxy.heads[0]).toContain(`proxy-authorization: Basic ${basic}\r\n`);
    expect(JSON.stringify(server.requests)).not.toContain(basic);
  });

  test.each([
    ['its name', host],
    ['its domain with a dot', '.example'],
    ['its domain with a star', '*.example'],
    ['its domain without a dot', 'example'],
    ['its name in capitals among others', ` other.test , ${host.toUpperCase()} `],
    ['its name and port', `${host}:443`],
    ['a star', '*'],
  ])('a host is left alone that NO_PROXY names by %s', async (_, noProxy) => {
    const { proxy } = await behindProxy();
    await expect(reach(`https://${host}`, { httpsProxy: proxy.url, noProxy })).rejects.toMatchObject({
      code: expect.stringMatching(/^(ENOTFOUND|EAI_AGAIN)$/),
    });
    expect(proxy.heads).toEqual([]);
  });

  test.each([
    ['nothing', ''],
    ['another host', 'other.example'],
    ['a host whose name ends alike', 'rkly.example'],
    ['another port', `${host}:8443`],
  ])('a host is proxied when NO_PROXY names %s', async (_, noProxy) => {
    const { proxy } = await behindProxy();
    await reach(`https://${host}`, { httpsProxy: proxy.url, noProxy });
    expect(proxy.heads).toHaveLength(1);
  });

  test.each(['localhost', '127.0.0.1'])('%s is never proxied, with TLS or without', async (loopback) => {
    const { server, proxy } = await behindProxy();
    const plain = closing(await startHttpServer((_, response) => json(response, 200, {})));
    const options = { httpsProxy: proxy.url, noProxy: 'other.example' };
    await reach(`http://${loopback}:${plain.port}`, options);
    await reach(`https://${loopback}:${server.port}`, options).catch(({ code }) =>
      expect(code).toBe('ERR_TLS_CERT_ALTNAME_INVALID'),
    );
    expect(proxy.heads).toEqual([]);
  });

  test.each(['407 Proxy Authentication Required', '403 Forbidden', '502 Bad Gateway'])(
    'a proxy that answers %s is named as the culprit, and nothing was sent',
    async (status) => {
      const { proxy } = await behindProxy(`HTTP/1.1 ${status}`);
      await expect(ask(`https://${host}`, { httpsProxy: proxy.url })).rejects.toMatchObject({
        reason: 'unreachable',
        code: 'PROXY_REFUSED',
        mayHaveTakenEffect: false,
        likelyCause: expect.stringContaining('The proxy does not connect to LaunchDarkly'),
        nextStep: expect.stringContaining('HTTPS_PROXY'),
      });
    },
  );

  test('a proxy that never answers costs the time limit, and closing does not wait for it', async () => {
    const proxy = closing(await startSocketServer(() => {}));
    const call = ask(`https://${host}`, { httpsProxy: proxy.url, timeoutMs: 100 });
    await expect(call).rejects.toMatchObject({
      reason: 'timeout',
      mayHaveTakenEffect: false,
      nextStep: expect.stringContaining('HTTPS_PROXY'),
    });
  });

  test('the environment is not read unasked', async () => {
    const { server, proxy } = await behindProxy();
    process.env.https_proxy = process.env.http_proxy = proxy.url;
    process.env.no_proxy = '*';
    try {
      await ask(`https://localhost:${server.port}`, {});
      expect(proxy.heads).toEqual([]);
      await reach(`https://${host}`, { httpsProxy: proxy.url });
      await reach(`http://${host}`, { httpsProxy: proxy.url }).catch(() => {});
      expect(proxy.heads).toEqual([expect.stringContaining(`${host}:443 `)]);
    } finally {
      delete process.env.https_proxy;
      delete process.env.http_proxy;
      delete process.env.no_proxy;
    }
  });
});

describe('a certificate', () => {
  test('of a private authority is accepted when that authority is given, directly and through a proxy', async () => {
    const { server, proxy } = await behindProxy();
    await ask(`https://localhost:${server.port}`, {});
    await ask(`https://${host}`, { httpsProxy: proxy.url });
    expect(server.requests).toHaveLength(2);
  });

  test('of a public authority is still accepted when a private one is given', async () => {
    const createContext = jest.spyOn(tls, 'createSecureContext');
    await closing(createHttp({ ca: pki.ca })).load();
    const trusted = createContext.mock.calls.flatMap(([options]) => options?.ca ?? []);
    createContext.mockRestore();
    expect(trusted).toEqual(expect.arrayContaining([...tls.rootCertificates, pki.ca]));
  });

  test.each(['directly', 'through a proxy'])(
    'of an unknown authority is refused %s, and the fix is named',
    async (way) => {
      const { server, proxy } = await behindProxy();
      const call =
        way === 'directly'
          ? ask(`https://localhost:${server.port}`, { ca: '' })
          : ask(`https://${host}`, { ca: '', httpsProxy: proxy.url });
      await expect(call).rejects.toMatchObject(untrusted);
      expect(server.requests).toEqual([]);
      expect(server.connections()).toBe(1);
    },
  );

  test('that nobody but its owner signed is refused in the same words', async () => {
    const server = closing(await startHttpServer(() => {}, await selfSigned('localhost')));
    await expect(ask(server.url, {})).rejects.toMatchObject(untrusted);
  });

  test('of an authority that was made again under the same name is refused in the same words', async () => {
    const { server } = await behindProxy();
    const remade = await privateCa(host);
    await expect(ask(`https://localhost:${server.port}`, { ca: remade.ca })).rejects.toMatchObject(untrusted);
  });

  test('for another name is refused', async () => {
    const { server } = await behindProxy();
    await expect(ask(`https://127.0.0.1:${server.port}`, {})).rejects.toMatchObject({
      code: 'ERR_TLS_CERT_ALTNAME_INVALID',
      likelyCause: expect.stringContaining('is for another host name'),
      mayHaveTakenEffect: false,
    });
  });

  test('is what a server without TLS cannot show', async () => {
    const server = closing(await startHttpServer((_, response) => json(response, 200, {})));
    await expect(ask(server.url.replace('http:', 'https:'), {})).rejects.toMatchObject({
      reason: 'unreachable',
      likelyCause: 'The TLS connection failed.',
      mayHaveTakenEffect: false,
    });
  });
});
