import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { client, sandbox } from './fresh-sandbox.ts';
import { sendRaw } from './raw-request.ts';
import {
  ARIEL,
  api,
  authorizeUrl,
  bearer,
  bodyOf,
  codeFor,
  locationOf,
  postToken,
  REDIRECT_URI,
  redeem,
  registerClient,
  tokensFor,
  visit,
  withSandbox,
} from './support.ts';

/* Details of the wire that a client library meets: headers, parameters, paths, media types, links. */

const FORM = ['Content-Type', 'application/x-www-form-urlencoded'];
const JSON_BODY = ['Content-Type', 'application/json'];
const admin = () => ['Authorization', sandbox.adminToken];
const get = (path: string, headers: readonly string[] = []) => sendRaw(sandbox, 'GET', path, { headers });
const credentials = () => ({ client_id: client.id, client_secret: client.secret });
const basic = (id: string, secret: string, blanks = ' ') =>
  `Basic${blanks}${Buffer.from(`${id}:${secret}`).toString('base64')}`;
const register = (redirectUri: unknown) =>
  api(sandbox, 'POST', '/oauth/clients', { body: { name: 'a', redirectUri } });

describe('Of a header that comes more than once the first counts', () => {
  test('LD-API-Version, which LaunchDarkly’s Terraform provider sends twice', async () => {
    const twice = ['LD-API-Version', '20240415', 'LD-API-Version', 'nonsense'];
    const res = await get('/api/v2/oauth/clients', [...admin(), ...twice]);
    expect([res.status, res.headers['ld-api-version']]).toEqual([200, '20240415']);
    const wrong = ['LD-API-Version', 'nonsense', 'LD-API-Version', '20240415'];
    expect((await get('/api/v2/oauth/clients', [...admin(), ...wrong])).status).toBe(400);
  });

  test('Authorization', async () => {
    const other = ['Authorization', 'nonsense'];
    expect((await get('/api/v2/caller-identity', [...admin(), ...other])).status).toBe(200);
    expect((await get('/api/v2/caller-identity', [...other, ...admin()])).status).toBe(401);
  });

  test('X-HTTP-Method-Override', async () => {
    const headers = [...admin(), 'X-HTTP-Method-Override', 'DELETE', 'X-HTTP-Method-Override', 'PATCH'];
    const res = await sendRaw(sandbox, 'POST', `/api/v2/oauth/clients/${client.id}`, { headers });
    expect(res.status).toBe(204);
  });

  test('Content-Type and Origin', async () => {
    const types = [...admin(), ...JSON_BODY, 'Content-Type', 'text/plain'];
    const origins = ['Origin', 'https://a.example', 'Origin', 'https://b.example'];
    const res = await sendRaw(sandbox, 'POST', '/api/v2/oauth/clients', {
      headers: [...types, ...origins],
      body: JSON.stringify({ name: 'a', redirectUri: REDIRECT_URI }),
    });
    expect([res.status, res.headers['access-control-allow-origin']]).toEqual([201, 'https://a.example']);
  });

  test('an empty header is one that was left out', async () => {
    const headers = [...admin(), 'LD-API-Version', '', 'X-HTTP-Method-Override', ''];
    expect((await get('/api/v2/oauth/clients', headers)).status).toBe(200);
  });
});

describe('Scopes are enforced', () => {
  const statuses = async (token: string) =>
    Promise.all(
      ['/members/me', '/members', '/projects', '/projects/storefront', '/account', '/caller-identity'].map(
        async (path) => (await api(sandbox, 'GET', path, bearer(token))).status,
      ),
    );

  test.each(['offline_access', 'observability', 'observability offline_access'])(
    '%s reads nothing but who it is',
    async (scope) => {
      const { access_token: token } = await tokensFor(sandbox, client, { scope });
      expect(await statuses(token)).toEqual([403, 403, 403, 403, 403, 200]);
    },
  );

  test.each(['reader', 'writer', 'reader offline_access'])('%s reads', async (scope) => {
    const { access_token: token } = await tokensFor(sandbox, client, { scope });
    expect(await statuses(token)).toEqual([200, 200, 200, 200, 200, 200]);
  });

  test('a token without any scope reads nothing', async () => {
    sandbox.setSwitches({ grantedScope: 'none' });
    const { access_token: token } = await tokensFor(sandbox, client);
    expect(await statuses(token)).toEqual([403, 403, 403, 403, 403, 200]);
  });
});

describe('A refresh may ask for what was granted', () => {
  const refreshed = async (asked: string, again: string, email = ARIEL) => {
    const { refresh_token } = await tokensFor(sandbox, client, { scope: asked, login_hint: email });
    const form = { grant_type: 'refresh_token', refresh_token, scope: again, ...credentials() };
    const res = await postToken(sandbox, form);
    return [res.status, (await bodyOf(res)).scope];
  };

  test.each([
    ['writer', 'reader', ARIEL, 'reader'],
    ['writer', 'writer', ARIEL, 'reader'],
    ['writer', 'reader', 'will.writer@acme.example', 'reader'],
    ['writer offline_access', 'offline_access reader', ARIEL, 'offline_access reader'],
    ['writer', '', 'will.writer@acme.example', 'writer'],
  ])('%s, then %j for %s', async (asked, again, email, scope) => {
    expect(await refreshed(asked, again, email)).toEqual([200, scope]);
  });

  test('the scope that a switch granted instead of the one that was asked for', async () => {
    sandbox.setSwitches({ grantedScope: 'reader' });
    expect(await refreshed('observability', 'reader')).toEqual([200, 'reader']);
  });

  test.each([
    ['reader', 'writer'],
    ['offline_access', 'reader'],
    ['observability', 'writer'],
  ])('not for more: %s, then %s', async (asked, again) => {
    expect((await refreshed(asked, again, 'will.writer@acme.example'))[0]).toBe(400);
  });
});

describe('A redirect URI is checked as it is written', () => {
  test.each([
    'https://x.example/日本',
    'https://x.example/ü',
    'https://ü.example/',
    'https:x.example/cb',
    'https:/x.example/cb',
    'https:///cb',
    'https://',
    'https://:3000/cb',
    'https://x.example:99999/cb',
    'https://x.example/"<>',
    'https://x.example/a|b',
    'https://x.example/a^b',
    'https://x.example/{id}',
    'https://x.example/`',
    'https://x.example/%',
    'https://x.example/%zz',
    'https://x.example/a\tb',
    'https://x.example/cb\n',
    ' https://x.example/cb',
    'https://x.example\\cb',
    'https://user@x.example/cb',
    'https://user:pw@x.example/cb',
    'https://x.example/cb?',
    'https://x.example/cb#',
    'https://[::1/cb',
    'https://[zz]/cb',
    'https://999.999.999.999/cb',
    'https://*.example/cb',
    '//x.example/cb',
    'javascript:alert(1)',
    '\ud800',
    '',
    null,
    7,
    ['https://x.example/cb'],
  ])('refused: %j', async (redirectUri) => {
    const res = await register(redirectUri);
    expect(res.status).toBe(400);
    expect(await bodyOf(res)).toMatchObject({ errors: [{ attribute: 'redirectUri' }] });
    const body = [{ op: 'replace', path: '/redirectUri', value: redirectUri }];
    expect((await api(sandbox, 'PATCH', `/oauth/clients/${client.id}`, { body })).status).toBe(400);
  });

  test.each([
    'https://x.example',
    'https://x.example:8443/cb',
    "https://x.example/a/b%20c/;p=1,2/@:!$&'()+=~-._",
    'https://[2001:db8::1]:3000/cb',
    'https://127.0.0.1/cb',
    'https://my_app.example/cb',
    'https://xn--bcher-kva.example/cb',
  ])('registered, and a login goes there: %s', async (redirectUri) => {
    const res = await register(redirectUri);
    expect(res.status).toBe(201);
    const { _clientId: id } = await bodyOf<{ _clientId: string }>(res);
    const back = await visit(authorizeUrl(sandbox, { id, secret: '' }, { redirect_uri: redirectUri }));
    expect(back.headers.get('location')).toMatch(/\?code=/);
    expect(back.headers.get('location')?.startsWith(`${redirectUri}?`)).toBe(true);
  });
});

describe('A parameter without a value counts as left out', () => {
  test('at the token endpoint: scope, code_verifier, credentials in the body beside Basic', async () => {
    const tokens = await tokensFor(sandbox, client, { scope: 'offline_access' });
    const { refresh_token } = tokens;
    const renewal = { grant_type: 'refresh_token', refresh_token, scope: '', ...credentials() };
    expect((await postToken(sandbox, renewal)).status).toBe(200);
    const code = await codeFor(sandbox, client);
    expect((await redeem(sandbox, client, code, { code_verifier: '' })).status).toBe(200);
    const form = {
      grant_type: 'authorization_code',
      code: await codeFor(sandbox, client),
      redirect_uri: REDIRECT_URI,
      client_id: '',
      client_secret: '',
    };
    const headers = { Authorization: basic(client.id, client.secret) };
    expect((await postToken(sandbox, form, headers)).status).toBe(200);
  });

  test('an empty redirect_uri is missing, not wrong', async () => {
    const res = await redeem(sandbox, client, await codeFor(sandbox, client), { redirect_uri: '' });
    expect(await bodyOf(res)).toEqual({
      error: 'invalid_request',
      error_description: 'redirect_uri is missing.',
    });
  });

  test('at the authorization endpoint: state, the PKCE parameters, scope', async () => {
    const changes = { state: '', code_challenge: '', code_challenge_method: '', scope: '', nonce: '' };
    const back = locationOf(await visit(authorizeUrl(sandbox, client, changes))).searchParams;
    expect([...back.keys()]).toEqual(['code']);
  });

  test('at the revocation endpoint: the hint', async () => {
    const { access_token: token } = await tokensFor(sandbox, client);
    const body = new URLSearchParams({ token, token_type_hint: '', ...credentials() });
    expect((await visit(`${sandbox.url}/trust/oauth/revoke`, { method: 'POST', body })).status).toBe(200);
  });
});

describe('Paths are exact', () => {
  test.each([
    '/TRUST/OAuth/Authorize',
    '/trust/oauth/authorize/',
    '/trust//oauth/authorize',
    '/trust/oauth/%61uthorize',
    '/Trust/oauth/token',
    '/trust/oauth/token/',
    '/API/v2/OAUTH/clients',
    '/api/v2/oauth/clients/',
    '/api/v2/OAuth/clients',
    '/api/v2/caller-identity/',
    '/api/v2/members/me/',
    '/api/V2/members/me',
    '/api/v2/projects/',
    '/api/v2',
    '/.Well-Known/oauth-authorization-server',
    '/.well-known/oauth-authorization-server/',
    '/.well-known/openid-configuration',
    '/.well-known/oauth-protected-resource',
    '/api/v2/nothing-of-the-kind',
    '/oauth/token',
    '/nowhere',
  ])('%s is the HTML page of an unknown path, for programs too', async (path) => {
    const query = path.endsWith('uthorize') ? new URL(authorizeUrl(sandbox, client)).search : '';
    const res = await get(`${path}${query}`, [...admin(), 'Accept', 'application/json']);
    expect([res.status, res.headers['content-type']]).toEqual([404, 'text/html; charset=utf-8']);
    expect(res.body).toContain('This is not LaunchDarkly');
  });

  test('GET /api/v2/ is an index of links for everybody, and every link of it is served', async () => {
    const res = await get('/api/v2/');
    expect(res.status).toBe(200);
    const { links } = JSON.parse(res.body) as { links: Record<string, { href: string }> };
    expect(Object.keys(links)).toEqual(expect.arrayContaining(['self', 'members', 'projects']));
    for (const { href } of Object.values(links)) expect((await get(href, admin())).status).toBe(200);
  });
});

describe('A link that the sandbox gives is a link that it serves', () => {
  function hrefsOf(value: unknown): string[] {
    if (typeof value !== 'object' || value === null) return [];
    return Object.entries(value).flatMap(([name, item]) =>
      name === 'href' && typeof item === 'string' ? [item] : hrefsOf(item),
    );
  }

  test('from every answer onwards, for an Admin’s token and for a member’s', async () => {
    const { access_token: token } = await tokensFor(sandbox, client, {
      login_hint: 'will.writer@acme.example',
    });
    for (const authorization of [sandbox.adminToken, `Bearer ${token}`]) {
      const queue = ['/api/v2/', '/api/v2/members/me', '/api/v2/projects?limit=1', '/api/v2/account'];
      if (authorization === sandbox.adminToken) queue.push('/api/v2/oauth/clients');
      const seen = new Set(queue);
      for (const path of queue) {
        const res = await get(path, ['Authorization', authorization]);
        const mayNot = path === '/api/v2/oauth/clients' && authorization !== sandbox.adminToken;
        expect([path, res.status]).toEqual([path, mayNot ? 403 : 200]);
        for (const href of hrefsOf(JSON.parse(res.body))) if (!seen.has(href)) queue.push(href);
        for (const href of queue) seen.add(href);
      }
      expect([...seen].length).toBeGreaterThan(8);
    }
  });

  test.each([
    ['GET', '/flags/storefront'],
    ['GET', '/projects/storefront/environments'],
    ['GET', '/account/relay-auto-configs'],
    ['POST', '/projects'],
    ['PATCH', '/members/me'],
    ['DELETE', '/teams/growth'],
    ['GET', '/tokens'],
    ['GET', '/openapi.json'],
  ])('what only LaunchDarkly has says so: %s %s', async (method, path) => {
    const res = await api(sandbox, method, path, { headers: { Authorization: sandbox.adminToken } });
    expect([res.status, await bodyOf(res)]).toEqual([
      404,
      { code: 'not_found', message: expect.stringContaining(`The sandbox has no ${method} /api/v2${path}`) },
    ]);
  });

  test('what is not there of a kind that is served: LaunchDarkly’s own words', async () => {
    for (const path of [
      '/projects/nothing',
      '/members/nothing',
      '/teams/nothing',
      '/oauth/clients/nothing',
    ]) {
      const res = await api(sandbox, 'GET', path);
      expect([res.status, await bodyOf(res)]).toEqual([
        404,
        { code: 'not_found', message: 'Invalid resource identifier' },
      ]);
    }
  });

  test('what the sandbox would have to ignore is refused', async () => {
    for (const query of ['filter=query:store', 'sort=-name', 'expand=environments']) {
      const res = await api(sandbox, 'GET', `/projects?${query}`);
      expect([res.status, (await bodyOf(res)).message]).toEqual([
        400,
        expect.stringContaining('The sandbox'),
      ]);
    }
    expect((await api(sandbox, 'GET', '/projects?filter=&sort=&limit=')).status).toBe(200);
  });

  test('405 names the methods that there are', async () => {
    for (const [method, path, allow] of [
      ['PUT', '/oauth/clients', 'GET, HEAD, POST'],
      ['PUT', `/oauth/clients/${client.id}`, 'GET, HEAD, PATCH, DELETE'],
      ['POST', '/caller-identity', 'GET, HEAD'],
    ] as const) {
      const res = await api(sandbox, method, path, { headers: { Authorization: sandbox.adminToken } });
      expect([res.status, res.headers.get('allow')]).toEqual([405, allow]);
    }
  });
});

describe('JSON Patch', () => {
  const patch = async (body: unknown, type = 'application/json') => {
    const headers = { Authorization: sandbox.adminToken, 'Content-Type': type };
    const res = await api(sandbox, 'PATCH', `/oauth/clients/${client.id}`, { body, headers });
    return [res.status, await bodyOf(res)] as const;
  };
  const rename = { op: 'replace', path: '/name', value: 'New' };

  test('test is a precondition on any attribute', async () => {
    for (const test of [
      { op: 'test', path: '/name', value: 'Test app' },
      { op: 'test', path: '/redirectUri', value: REDIRECT_URI },
      { op: 'test', path: '/_clientId', value: client.id },
    ]) {
      expect(await patch([test])).toMatchObject([200, { name: 'Test app' }]);
    }
    expect(await patch([{ op: 'test', path: '/name', value: 'Test app' }, rename])).toMatchObject([
      200,
      { name: 'New' },
    ]);
  });

  test.each([
    { op: 'test', path: '/name', value: 'Other' },
    { op: 'test', path: '/description', value: 'x' },
    { op: 'test', path: '/_clientId', value: 'x' },
    { op: 'test', path: '/name', value: ['Test app'] },
  ])('nothing changes where it fails: %j', async (test) => {
    expect(await patch([rename, test])).toEqual([
      422,
      { code: 'patch_failed', message: 'Unprocessable entity. Could not apply patch.' },
    ]);
    expect(await bodyOf(await api(sandbox, 'GET', `/oauth/clients/${client.id}`))).toMatchObject({
      name: 'Test app',
    });
  });

  test('test without a value, or of a secret, is no patch', async () => {
    expect((await patch([{ op: 'test', path: '/name' }]))[0]).toBe(400);
    expect((await patch([{ op: 'test', path: '/_clientSecret', value: client.secret }]))[0]).toBe(400);
  });

  test('removing a description that is not there is one of the documented errors', async () => {
    expect((await patch([{ op: 'remove', path: '/description' }]))[0]).toBe(400);
  });

  test('a body is application/json and nothing else', async () => {
    for (const type of [
      'application/json-patch+json',
      'text/json',
      'application/x-www-form-urlencoded',
      '',
    ]) {
      expect((await patch([rename], type))[0]).toBe(400);
    }
    expect((await patch([rename], 'Application/JSON; charset=utf-8'))[0]).toBe(200);
  });
});

describe('CORS', () => {
  test('the Origin is echoed, and * is for requests without one', async () => {
    const res = await get('/api/v2/projects', [...admin(), 'Origin', 'https://a.example']);
    expect(res.headers).toMatchObject({
      'access-control-allow-origin': 'https://a.example',
      'access-control-allow-credentials': 'true',
      vary: 'Origin',
    });
    const plain = await get('/api/v2/projects', admin());
    expect(plain.headers['access-control-allow-origin']).toBe('*');
    expect(plain.headers).not.toHaveProperty('access-control-allow-credentials');
  });
});

describe('Behind a proxy that ends TLS', () => {
  const behindTls = ['Host', 'localhost:8443', 'X-Forwarded-Proto', 'https'];
  const consentFrom = (origin: string) =>
    sendRaw(sandbox, 'POST', '/trust/oauth/consent', {
      headers: [...behindTls, ...FORM, 'Origin', origin],
      body: 'decision=authorize',
    });

  test('the metadata names https, and the consent form is the sandbox’s own', async () => {
    const res = await get('/.well-known/oauth-authorization-server', behindTls);
    expect(JSON.parse(res.body)).toMatchObject({
      issuer: 'https://localhost:8443',
      token_endpoint: 'https://localhost:8443/trust/oauth/token',
    });
    expect((await consentFrom('https://localhost:8443')).body).not.toContain('foreign_origin');
    expect((await consentFrom('http://localhost:8443')).body).toContain('foreign_origin');
  });

  test.each(['https, http', 'HTTPS'])('X-Forwarded-Proto: %s', async (value) => {
    const headers = ['Host', 'localhost:8443', 'X-Forwarded-Proto', value];
    const res = await get('/.well-known/oauth-authorization-server', headers);
    expect(JSON.parse(res.body).issuer).toBe('https://localhost:8443');
  });

  test.each(['', 'javascript', 'ftp'])(
    'a nonsensical X-Forwarded-Proto changes nothing: %j',
    async (value) => {
      const headers = ['Host', 'localhost:8443', 'X-Forwarded-Proto', value];
      const res = await get('/.well-known/oauth-authorization-server', headers);
      expect(JSON.parse(res.body).issuer).toBe('http://localhost:8443');
    },
  );
});

describe('Errors of the token endpoint', () => {
  const ALPHABET = /^[\x20-\x21\x23-\x5b\x5d-\x7e]+$/;
  const post = (headers: readonly string[], body: string) =>
    sendRaw(sandbox, 'POST', '/trust/oauth/token', { headers, body });
  const form = () => new URLSearchParams({ grant_type: 'refresh_token', ...credentials() }).toString();

  test('error_description keeps to its alphabet, whatever was sent', async () => {
    const back = locationOf(await visit(authorizeUrl(sandbox, client, { scope: 'ä"\\\n reader' })));
    expect(back.searchParams.get('error_description')).toMatch(ALPHABET);
    for (const body of [
      `ü"=1&ü"=2&${form()}`,
      'grant_type=ü"&client_id=ü"',
      'client_id=%00&client_secret=%',
    ]) {
      const { error_description: text } = JSON.parse((await post(FORM, body)).body);
      expect(text).toMatch(ALPHABET);
    }
  });

  test.each([
    ['a charset that no form has', ['Content-Type', `${FORM[1]}; charset=utf-16`]],
    ['an unknown charset', ['Content-Type', `${FORM[1]}; charset="no such"`]],
    ['an unknown encoding', [...FORM, 'Content-Encoding', 'zstd-of-the-future']],
    ['another media type', ['Content-Type', 'application/json']],
    ['no media type', []],
  ])('400 invalid_request: %s', async (_, headers) => {
    const res = await post(headers, form());
    expect([res.status, JSON.parse(res.body)]).toEqual([
      400,
      { error: 'invalid_request', error_description: expect.stringMatching(ALPHABET) },
    ]);
  });

  test('400 invalid_request: a body that is too large, at revocation as well', async () => {
    for (const path of ['/trust/oauth/token', '/trust/oauth/revoke']) {
      const body = `${form()}&x=${'y'.repeat(70_000)}`;
      const res = await sendRaw(sandbox, 'POST', path, { headers: FORM, body });
      expect([res.status, JSON.parse(res.body).error]).toEqual([400, 'invalid_request']);
    }
  });

  test.each(['', '; charset=utf-8', '; charset="UTF-8"', ';charset=UTF8'])(
    'a form in UTF-8: %j',
    async (charset) => {
      const res = await post(['Content-Type', `${FORM[1]}${charset}`], form());
      expect(JSON.parse(res.body).error_description).toBe('refresh_token is missing.');
    },
  );

  test('Basic: several blanks after the scheme, and a colon in the password', async () => {
    const withBasic = (value: string) => post([...FORM, 'Authorization', value], 'grant_type=x');
    const good = await withBasic(basic(client.id, client.secret, '   '));
    expect(JSON.parse(good.body).error).toBe('unsupported_grant_type');
    const colon = await withBasic(basic(client.id, 'a:b'));
    expect([colon.status, JSON.parse(colon.body).error_description]).toEqual([
      401,
      'The client secret is wrong.',
    ]);
    const tab = await withBasic(basic(client.id, client.secret, '\t'));
    expect(JSON.parse(tab.body).error).toBe('invalid_client');
  });

  test('a secret with a colon is one that works', async () => {
    sandbox.setSwitches({ awkwardSecrets: true });
    const res = await register(REDIRECT_URI);
    const made = await bodyOf<{ _clientId: string; _clientSecret: string }>(res);
    const encoded = encodeURIComponent(made._clientSecret).replaceAll('%3A', ':');
    const tokens = await post([...FORM, 'Authorization', basic(made._clientId, encoded)], 'grant_type=x');
    expect(JSON.parse(tokens.body).error).toBe('unsupported_grant_type');
  });
});

describe('A 401 says how to do better', () => {
  test('at the token endpoint, wherever the credentials came', async () => {
    const forms = [{ grant_type: 'x' }, { grant_type: 'x', client_id: client.id, client_secret: 'wrong' }];
    for (const form of forms) {
      const res = await postToken(sandbox, form);
      expect([res.status, res.headers.get('www-authenticate')]).toEqual([
        401,
        expect.stringMatching(/^Basic realm="/),
      ]);
    }
  });

  test('at the REST API', async () => {
    const none = await api(sandbox, 'GET', '/projects', { headers: {} });
    expect(none.headers.get('www-authenticate')).toBe('Bearer realm="LaunchDarkly sandbox"');
    const bad = await api(sandbox, 'GET', '/projects', bearer('nonsense'));
    expect(bad.headers.get('www-authenticate')).toBe(
      'Bearer realm="LaunchDarkly sandbox", error="invalid_token"',
    );
  });

  test('one with an empty body has no content type', async () => {
    sandbox.setFault({ endpoint: 'members', fault: 'http_401_empty' });
    const res = await api(sandbox, 'GET', '/members/me');
    expect([res.status, res.headers.get('content-type'), await res.text()]).toEqual([401, null, '']);
    expect(res.headers.get('www-authenticate')).toMatch(/^Bearer/);
  });

  test.each([
    ['/caller-identity', {}, 'unauthorized', 'invalid access token'],
    ['/caller-identity', { Authorization: 'nonsense' }, 'unauthorized', 'invalid access token'],
    ['/caller-identity', { Authorization: 'Bearer x' }, 'invalid_token', 'invalid access token'],
    ['/members/me', {}, 'unauthorized', 'Invalid account ID header'],
    ['/projects', { Authorization: 'nonsense' }, 'unauthorized', 'Invalid account ID header'],
    ['/oauth/clients', {}, 'unauthorized', 'Invalid account ID header'],
    ['/projects', { Authorization: 'Bearer x' }, 'invalid_token', 'invalid access token'],
  ] as const)('%s with %j', async (path, headers, code, message) => {
    const res = await api(sandbox, 'GET', path, { headers });
    expect([res.status, await bodyOf(res)]).toEqual([401, { code, message }]);
  });
});

describe('The ledger', () => {
  test('shows the code of an error, and hides the code of a login', async () => {
    await api(sandbox, 'GET', '/projects/nothing');
    const code = await codeFor(sandbox, client);
    await redeem(sandbox, client, code);
    const [redemption, authorization, error] = sandbox.ledger();
    expect(JSON.parse(error?.response?.body ?? '')).toEqual({
      code: 'not_found',
      message: 'Invalid resource identifier',
    });
    expect(redemption?.request.body).toMatch(/code=\[masked/);
    expect(authorization?.response?.headers.location).toMatch(/code=\[masked/);
    await fetch(`${sandbox.url}/trust/oauth/token`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ code: 'of-another-server', redirect_uri: REDIRECT_URI }),
    });
    expect(sandbox.ledger()[0]?.request.body).not.toContain('of-another-server');
  });
});

test('iss in the answers is said in the metadata', async () => {
  const advertised = async () =>
    (await bodyOf(await visit(`${sandbox.url}/.well-known/oauth-authorization-server`)))
      .authorization_response_iss_parameter_supported;
  expect(await advertised()).toBeUndefined();
  sandbox.setSwitches({ iss: 'right' });
  expect(await advertised()).toBe(true);
});

test('dynamic registration, which the metadata names, is refused by name', async () => {
  const metadata = await visit(`${sandbox.url}/.well-known/oauth-authorization-server`);
  const { registration_endpoint: url } = await bodyOf<{ registration_endpoint: string }>(metadata);
  const res = await visit(url, { method: 'POST', body: '{}' });
  expect([res.status, await bodyOf(res)]).toEqual([
    404,
    {
      error: 'invalid_request',
      error_description: expect.stringContaining('no dynamic client registration'),
    },
  ]);
});

test('a redirect URI that an older state file holds and no header can carry ends at a page', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'sandbox-'));
  try {
    const made = await withSandbox({ dataDir }, (sandbox) => registerClient(sandbox));
    const file = join(dataDir, 'state.json');
    const odd = 'https://x.example/日本';
    await writeFile(file, (await readFile(file, 'utf8')).replaceAll(REDIRECT_URI, odd));
    await withSandbox({ dataDir, autoApprove: true }, async (sandbox) => {
      const res = await visit(authorizeUrl(sandbox, made, { redirect_uri: odd }));
      expect([res.status, await res.text()]).toEqual([
        400,
        expect.stringContaining('The redirect URI is no URI.'),
      ]);
    });
  } finally {
    await rm(dataDir, { recursive: true });
  }
});

describe('OpenID Connect', () => {
  const returned = async (scope: string) =>
    locationOf(await visit(authorizeUrl(sandbox, client, { scope }))).searchParams;

  test('the scopes openid and scim exist at LaunchDarkly; the sandbox says why it refuses them', async () => {
    expect((await returned('writer openid')).get('error_description')).toMatch(/sandbox.*openIdConnect/);
    expect((await returned('scim')).get('error_description')).toMatch(/SCIM/);
    expect((await returned('profile')).get('error_description')).toBe(
      'LaunchDarkly has no scope named profile.',
    );
  });

  test('/trust/oidc/* says so as well', async () => {
    const token = await visit(`${sandbox.url}/trust/oidc/token`, { method: 'POST' });
    expect([token.status, await bodyOf(token)]).toEqual([
      404,
      { error: 'invalid_request', error_description: expect.stringMatching(/sandbox.*openIdConnect/) },
    ]);
    const userinfo = await visit(`${sandbox.url}/trust/oidc/userinfo`, bearer('x'));
    expect([userinfo.status, await bodyOf(userinfo)]).toEqual([
      404,
      { code: 'not_found', message: expect.stringMatching(/sandbox.*openIdConnect/) },
    ]);
  });
});
