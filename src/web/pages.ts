import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { IRouter, Request, RequestHandler, Response } from 'express';
import type { User } from '../auth/index.ts';
import { failures } from './failures.ts';
import { formatTime } from './format-time.ts';
import type { SessionTimes } from './session.ts';
import type { Render, ViewData } from './views.ts';
import { buttonKinds, viewsDirectory } from './views.ts';

/** What the pages need from the rest of the app. */
export interface PagesOptions {
  readonly render: Render;
  /** The logged-in member, if there is one. */
  currentUser(request: Request): User | undefined;
  /** Passes logged-in members on and sends everybody else to log in. */
  readonly requireLogin: RequestHandler;
  /** The times of a logged-in request's session. */
  sessionTimes(request: Request): SessionTimes;
  /** Asks LaunchDarkly for the member's projects. Failures go to the error handler. */
  listProjects(request: Request): Promise<ViewData['projects']['projects']>;
}

/** The pages `/`, `/account`, `/projects`, `/button`, `/logged-out` and `/troubleshooting`, and `GET /api/me`. */
export function addPages(app: IRouter, options: PagesOptions): void {
  const { render, requireLogin, currentUser, sessionTimes } = options;
  const kit = readButtonKit();

  app.get('/', (req, res) => {
    sendPage(res, render('home', { user: currentUser(req) }));
  });

  app.get('/account', requireLogin, (req, res) => {
    sendPage(res, render('account', { user: loggedIn(currentUser(req)), times: formatTimes(sessionTimes(req)) }));
  });

  app.get('/projects', requireLogin, async (req, res) => {
    const projects = await options.listProjects(req);
    sendPage(res, render('projects', { user: loggedIn(currentUser(req)), projects }));
  });

  /** The member, and how long the session lasts, as JSON. Times are ISO 8601 in UTC. */
  app.get('/api/me', requireLogin, (req, res) => {
    const { startedAt, idleExpiresAt, expiresAt } = sessionTimes(req);
    const iso = (milliseconds: number) => new Date(milliseconds).toISOString();
    res.json({
      member: currentUser(req),
      session: { startedAt: iso(startedAt), idleExpiresAt: iso(idleExpiresAt), expiresAt: iso(expiresAt) },
    });
  });

  app.get('/button', (req, res) => {
    sendPage(res, render('button', { user: currentUser(req), kit }));
  });

  app.get('/logged-out', (req, res) => {
    if (currentUser(req)) return res.set('Cache-Control', 'no-store').redirect(303, '/');
    sendPage(res, render('logged-out', {}));
  });

  app.get('/troubleshooting', (req, res) => {
    const all = Object.entries(failures).map(([code, words]) => ({ code, ...words }));
    sendPage(res, render('troubleshooting', { user: currentUser(req), failures: all }));
  });
}

/** The files of the button kit by their kind, e.g. `react.tsx`. */
export function readButtonKit(): ViewData['button']['kit'] {
  const folder = path.join(viewsDirectory, 'assets');
  const read = (kind: string) => readFileSync(path.join(folder, `launchdarkly-button.${kind}`), 'utf8');
  return Object.fromEntries(buttonKinds.map((kind) => [kind, read(kind)])) as ViewData['button']['kit'];
}

/** Sends a page that depends on who is logged in, so it must not be cached. */
export function sendPage(res: Response, html: string): void {
  res.set('Cache-Control', 'no-store').send(html);
}

function formatTimes(times: SessionTimes): ViewData['account']['times'] {
  const now = Date.now();
  return {
    startedAt: formatTime(times.startedAt, now),
    verifiedAt: formatTime(times.verifiedAt, now),
    idleExpiresAt: formatTime(times.idleExpiresAt, now),
    expiresAt: formatTime(times.expiresAt, now),
  };
}

function loggedIn(user: User | undefined): User {
  if (!user) throw new Error('requireLogin passed on a request without a user.');
  return user;
}
