import { parseCookie } from 'cookie';
import type { IRouter, Request, RequestHandler } from 'express';
import express from 'express';
import { authPaths, cookieName, currentUser, LoginError, showsPage } from '../auth/index.ts';
import type { FlowView, StepView } from '../flow-inspector/flow-view.ts';
import { type ExperimentText, readExperimentTexts } from '../tutorial/experiment-text.ts';
import type { RunExperiment } from '../tutorial/run-experiment.ts';
import type { watchSandbox } from '../tutorial/sandbox-watch.ts';
import { findFunction, sourceLines } from '../tutorial/source-code.ts';
import { readTutorial } from '../tutorial/tutorial-document.ts';
import { AppError } from './errors.ts';
import { sendPage } from './pages.ts';
import type { Render } from './views.ts';

/** What the tutorial needs from the rest of the app. */
export interface TutorialOptions {
  readonly render: Render;
  readonly run: RunExperiment;
  /** This app's own origin. */
  readonly origin: string;
  /** What is recorded of the browser that asks, newest first. */
  flowsOf(request: Request): readonly FlowView[];
}

/** The pages below `/tutorial`. Mount them only where the app and its LaunchDarkly, a sandbox, are on this machine. */
export function addTutorial(app: IRouter, { render, run, origin, flowsOf }: TutorialOptions): void {
  const texts = readExperimentTexts();
  const secure = origin.startsWith('https:');
  const place = cookieName('tutorial', origin);

  /** `?step=3`; without it the step where this browser was last. */
  app.get('/tutorial', (req, res) => {
    const steps = readTutorial();
    const asked = req.query.step ?? parseCookie(req.headers.cookie ?? '')[place];
    const number = Math.min(Math.max(Number.parseInt(String(asked), 10) || 0, 0), steps.length - 1);
    const step = steps[number];
    if (!step) throw new AppError('not_found');
    const isSeen = ({ kind }: StepView) => step.sees.includes(kind);
    const seen = flowsOf(req).filter(({ steps }) => steps.some(isSeen));
    const flow = seen.find(({ kind }) => kind === 'login') ?? seen[0];
    const messages = flow?.steps.filter(isSeen) ?? [];
    const tries = texts.filter(({ name }) => step.tries.includes(name));
    res.cookie(place, String(number), { path: '/', httpOnly: true, secure, sameSite: 'lax' });
    sendPage(res, render('tutorial', { user: currentUser(req), steps, step, number, flow, messages, tries }));
  });

  app.get('/tutorial/experiments', (req, res) => {
    sendPage(res, render('experiments', { user: currentUser(req), experiments: texts }));
  });

  app.get('/tutorial/experiments/:name', (req, res) => {
    sendPage(res, render('experiment', { user: currentUser(req), ...findText(req) }));
  });

  const form = express.urlencoded({ extended: false, limit: 1_000 });
  app.post('/tutorial/experiments/:name', onlyFrom(origin), form, async (req, res) => {
    const found = findText(req);
    const user = currentUser(req);
    const { file, name } = found.text.source;
    const result = await run(found.text.name, user?.email);
    const guess = Object.keys(found.text.answers).find((answer) => answer === req.body?.guess);
    sendPage(res, render('experiment', { user, ...found, run: { ...result, guess, code: findFunction(file, name) } }));
  });

  /** `?file=src/auth/router.ts`; with `&name=login` it leads to that function. */
  app.get('/tutorial/source', (req, res) => {
    const file = String(req.query.file);
    const lines = sourceLines(file);
    if (!lines) throw new AppError('not_found');
    const found = findFunction(file, String(req.query.name));
    if (found) return res.redirect(303, `/tutorial/source?file=${file}#line-${found.line}`);
    sendPage(res, render('source', { user: currentUser(req), file, lines }));
  });

  function findText({ params }: Request): { text: ExperimentText; next: ExperimentText | undefined } {
    const index = texts.findIndex(({ name }) => name === params.name);
    const text = texts[index];
    if (!text) throw new AppError('not_found');
    return { text, next: texts[index + 1] };
  }
}

/** Middleware that looks at the sandbox before a page is shown. No browser is sent to one that was stopped. */
export function beforePages({ look, news }: ReturnType<typeof watchSandbox>): RequestHandler {
  return async (req, _res, next) => {
    if (!showsPage(req)) return next();
    await look();
    next(req.path === authPaths.login && news().isStopped ? new LoginError('provider_unreachable') : undefined);
  };
}

/** Refuses a form of another site: browsers say where it comes from in `Sec-Fetch-Site`, older ones in `Origin`. */
function onlyFrom(origin: string): RequestHandler {
  return ({ headers }, _res, next) => {
    const { 'sec-fetch-site': site = headers.origin === origin ? 'same-origin' : undefined } = headers;
    next(site === 'same-origin' ? undefined : new AppError('bad_request'));
  };
}
