import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Browser } from '../support/browser.ts';
import type { Replacement, TappedApp } from '../support/tapped-app.ts';
import { paths, startTappedApp } from '../support/tapped-app.ts';
import { ada, ariel, logIn, whoAmI } from '../support/test-app.ts';
import { until } from '../support/until.ts';

const penny = 'penny.pending@acme.example';
const noa = 'noa.noaccess@acme.example';
const cole = 'cole.custom@acme.example';
let app: TappedApp;

beforeAll(async () => {
  app = await startTappedApp({ env: { LD_ALLOWED_ROLES: 'reader,no_access', FLOW_INSPECTOR: 'off' } });
});
beforeEach(() => app.tap.reset());
afterAll(() => app.close());

interface Refusal {
  readonly who?: string;
  readonly answers?: Readonly<Record<string, Replacement>>;
  readonly status: number;
  readonly code: string;
}

const refusals: readonly [string, Refusal][] = [
  [
    'whose account is not allowed',
    {
      answers: { [paths.identity]: (identity) => ({ ...identity, accountId: '5f00000000000000000000ff' }) },
      status: 403,
      code: 'account_not_allowed',
    },
  ],
  ['whose role is not allowed', { who: ada.email, status: 403, code: 'role_not_allowed' }],
  ['whose custom roles put the allowed base role out of effect', { who: cole, status: 403, code: 'role_not_allowed' }],
  ['who has not accepted the invitation yet', { who: penny, status: 403, code: 'invitation_pending' }],
  [
    'about whom caller-identity and members/me disagree',
    {
      answers: { [paths.member]: (member) => ({ ...member, _id: '5f00000000000000000000aa' }) },
      status: 403,
      code: 'identity_mismatch',
    },
  ],
  ['whose role may not read their own profile', { who: noa, status: 403, code: 'profile_refused' }],
  [
    'whom members/me answers with 403',
    {
      answers: { [paths.member]: { status: 403, body: { code: 'forbidden', message: 'geheim' } } },
      status: 403,
      code: 'profile_refused',
    },
  ],
  [
    'whom members/me answers with 404',
    {
      answers: { [paths.member]: { status: 404, body: { code: 'not_found', message: 'geheim' } } },
      status: 403,
      code: 'profile_refused',
    },
  ],
  [
    'whose token caller-identity does not accept',
    {
      answers: { [paths.identity]: { status: 401, body: { code: 'unauthorized', message: 'geheim' } } },
      status: 502,
      code: 'token_rejected',
    },
  ],
  [
    'of whom caller-identity does not tell the account',
    { answers: { [paths.identity]: ({ accountId, ...rest }) => rest }, status: 403, code: 'profile_refused' },
  ],
];

describe.each(refusals)('somebody %s', (_who, { who = ariel.email, answers = {}, status, code }) => {
  test(`is refused with ${code}, keeps no session, and their token is revoked`, async () => {
    for (const [path, replacement] of Object.entries(answers)) app.tap.replace(path, replacement);
    const { browser, page } = await logIn(app, { as: who, returnTo: '/account?tab=teams' });

    expect(page.status).toBe(status);
    expect(page.body).toContain(`<code>${code}</code>`);
    expect(page.body).toContain('returnTo=%2Faccount%3Ftab%3Dteams');
    expect(page.body).not.toMatch(/geheim/);
    expect(page.body).not.toContain(who);
    await expectNothingLeft(browser);
  });
});

async function expectNothingLeft(browser: Browser): Promise<void> {
  expect([...browser.cookies(app.url).keys()]).toEqual([]);
  expect(await whoAmI(app, browser)).toEqual({ status: 401 });
  const [token = 'none'] = app.tap.accessTokens();
  await app.tap.answered(paths.revoke, 2);
  expect(await app.isGood(token)).toBe(false);
}

test('somebody who may enter does, and their token is good', async () => {
  const { browser } = await logIn(app);
  expect(await whoAmI(app, browser)).toEqual({ status: 200, email: ariel.email });
  const [token = 'none'] = app.tap.accessTokens();
  expect(await app.isGood(token)).toBe(true);
});

test('a refused login leaves the user who was logged in before untouched', async () => {
  const { browser } = await logIn(app);
  const { page } = await logIn(app, { browser, as: ada.email });
  expect(page.body).toContain('role_not_allowed');
  expect(await whoAmI(app, browser)).toEqual({ status: 200, email: ariel.email });
});

test('every refusal has a page of its own, and the same code and request id in the log', async () => {
  const titles = new Set<string>();
  for (const who of [ada.email, penny, noa]) {
    const { page } = await logIn(app, { as: who });
    titles.add(/<h1>(.*?)<\/h1>/.exec(page.body)?.[1] ?? '');
    const code = /Code <code>(\w+)<\/code>/.exec(page.body)?.[1];
    const requestId = /request ID <code>([\w-]+)<\/code>/.exec(page.body)?.[1];
    expect(requestId).toBe(page.headers.get('x-request-id'));
    expect(app.log()).toContainEqual(expect.objectContaining({ event: 'request_failed', code, requestId }));
  }
  expect(titles.size).toBe(3);
});

describe('with teams and custom roles', () => {
  const will = 'will.writer@acme.example';
  let other: TappedApp;
  afterEach(() => other.close());

  const start = async (env: Record<string, string>) => {
    other = await startTappedApp({ env: { SESSION_REVALIDATE: '1s', FLOW_INSPECTOR: 'off', ...env } });
    return other;
  };
  const codeFor = async (who: string) =>
    /Code <code>(\w+)<\/code>/.exec((await logIn(other, { as: who })).page.body)?.[1] ?? 'in';

  test('members of an allowed team enter, others get a page that says why', async () => {
    await start({ LD_ALLOWED_TEAMS: 'platform, ops' });
    expect(await Promise.all([will, ariel.email, ada.email].map(codeFor))).toEqual([
      'in',
      'team_not_allowed',
      'team_not_allowed',
    ]);
    const { browser, page } = await logIn(other, { as: ariel.email });
    expect(page).toMatchObject({ status: 403, body: expect.stringContaining('Your team cannot use this app') });
    expect(await whoAmI(other, browser)).toEqual({ status: 401 });
  });

  test.each([['65f0c0ffee65f0c0ffee0002'], ['auditor,65f0c0ffee65f0c0ffee0001']])(
    'members with an allowed custom role enter (%s)',
    async (roles) => {
      await start({ LD_ALLOWED_CUSTOM_ROLES: roles });
      expect(await Promise.all([cole, ariel.email, will].map(codeFor))).toEqual([
        'in',
        'role_not_allowed',
        'role_not_allowed',
      ]);
    },
  );

  test('a custom role counts by its key as well, where LaunchDarkly sends keys', async () => {
    await start({ LD_ALLOWED_CUSTOM_ROLES: 'auditor,65f0c0ffee65f0c0ffee000f' });
    other.tap.replace(paths.member, (member) => ({ ...member, customRoles: ['deployer', 'auditor'] }));
    expect(await codeFor(cole)).toBe('in');
  });

  test.each([
    ['LD_ALLOWED_TEAMS', 'growth', { teams: undefined }, 'team_not_allowed'],
    ['LD_ALLOWED_CUSTOM_ROLES', 'auditor', { customRoles: ['deployer'] }, 'role_not_allowed'],
  ])('a member who loses what %s names is out at the next verification', async (setting, value, lost, code) => {
    await start({ [setting]: value });
    const inside = { teams: [{ key: 'growth' }], customRoles: ['auditor'] };
    other.tap.replace(paths.member, (member) => ({ ...member, ...inside }));
    const { browser } = await logIn(other);
    expect((await whoAmI(other, browser)).status).toBe(200);
    other.tap.replace(paths.member, (member) => ({ ...member, ...inside, ...lost }));
    await until(async () => (await whoAmI(other, browser)).status !== 200, { everyMs: 100 });
    await other.logged({ event: 'session_ended' });
    expect(JSON.stringify(other.log().find(({ event }) => event === 'session_ended'))).toContain(code);
  });

  test('every setting has to agree', async () => {
    await start({ LD_ALLOWED_TEAMS: 'growth', LD_ALLOWED_ROLES: 'writer' });
    expect(await Promise.all([will, ariel.email].map(codeFor))).toEqual(['in', 'role_not_allowed']);
  });
});
