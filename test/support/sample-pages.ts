import type { User } from '../../src/auth/index.ts';
import { readExperimentTexts } from '../../src/tutorial/experiment-text.ts';
import { readTutorial } from '../../src/tutorial/tutorial-document.ts';
import { createAssets } from '../../src/web/assets.ts';
import { failures } from '../../src/web/failures.ts';
import { formatTime } from '../../src/web/format-time.ts';
import { readButtonKit } from '../../src/web/pages.ts';
import { createViews } from '../../src/web/views.ts';

/** A member with every field filled. */
export const sampleUser: User = {
  id: '569f183514f4432160000007',
  accountId: '5f2d1c8e9a7b6c0011223344',
  email: 'ariel@acme.example',
  firstName: 'Ariel',
  lastName: 'Flores',
  role: 'writer',
  customRoles: ['release-manager'],
  teams: [{ key: 'platform', name: 'Platform & Tools' }],
};

/** The app's views, as a start would make them. */
export function views(): ReturnType<typeof createViews> {
  return createViews({
    basePath: '',
    loginPath: '/auth/login',
    logoutPath: '/auth/logout',
    launchDarklyHref: 'https://app.launchdarkly.com',
    flowInspector: true,
    tutorial: true,
    sandbox: () => ({ answers: true, isStopped: false, failures: 1 }),
    local: true,
    asset: createAssets().href,
  });
}

/** Every page in every shape it can take: name and HTML. */
export function allPages(): [name: string, html: string][] {
  const { render } = views();
  const user = sampleUser;
  const { firstName: _first, lastName: _last, ...nameless } = user;
  const bare: User = { ...nameless, customRoles: [], teams: [] };
  const now = Date.UTC(2026, 10, 21);
  const times = {
    startedAt: formatTime(now - 60_000, now),
    verifiedAt: formatTime(now, now),
    idleExpiresAt: formatTime(now + 8 * 3_600_000, now),
    expiresAt: formatTime(now + 7 * 86_400_000, now),
  };
  const failure = {
    status: 403,
    code: 'account_not_allowed',
    title: 'Your account may not enter',
    message: 'This app does not admit members of your account.',
    cause: 'Why.',
    nextStep: 'Log in with another account.',
  };
  const experiments = readExperimentTexts();
  const experiment = experiments[0]!;
  const run = {
    outcome: experiment.expected,
    guess: experiment.expected,
    steps: [{ who: 'Browser', request: 'GET /', status: 400, answer: 'Bad', code: 'bad_request' }],
    calls: [{ method: 'POST', path: '/token', status: 400 }],
    code: { line: 1, text: 'take();' },
  };
  return [
    ['home, logged out', render('home', {})],
    ['home, logged in', render('home', { user })],
    ['account', render('account', { user, times })],
    ['account of a member without a name', render('account', { user: bare, times })],
    ['projects', render('projects', { user, projects: [{ key: 'web', name: 'Web', tags: ['shop'] }] })],
    ['projects, none', render('projects', { user, projects: [] })],
    ['logged out', render('logged-out', {})],
    ['failure', render('failure', failure)],
    ['failure with advice for developers', render('failure', { ...failure, developerStep: 'Run `npm run doctor`.' })],
    [
      'failure with everything',
      render('failure', {
        ...failure,
        user,
        tryAgainHref: '/auth/login',
        docsHref: '/#x',
        requestId: '1',
      }),
    ],
    ['button kit', render('button', { kit: readButtonKit() })],
    ['failure that is none', render('failure', { ...failure, ...failures.access_denied, code: 'access_denied' })],
    [
      'troubleshooting',
      render('troubleshooting', {
        failures: Object.entries(failures).map(([code, words]) => ({ code, ...words })),
      }),
    ],
    ...readTutorial().map((step, number, steps): [string, string] => [
      `tutorial, step ${number}`,
      render('tutorial', { steps, step, number, messages: [], tries: experiments.slice(0, 2) }),
    ]),
    ['experiments', render('experiments', { experiments })],
    ['experiment', render('experiment', { text: experiment, next: experiments[1] })],
    ['experiment that was run', render('experiment', { text: experiment, next: experiments[1], run })],
    [
      'experiment that failed',
      render('experiment', { text: experiment, run: { problem: 'Why.', steps: [], calls: [] } }),
    ],
    ['source', render('source', { file: 'src/app.ts', lines: ['import x;', '', 'x();'] })],
    ['not found', render('not-found', { path: '/nowhere', requestId: '1' })],
  ];
}
