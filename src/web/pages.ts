import type { IRouter, Request, RequestHandler, Response } from 'express';
import { failures } from './failures.ts';
import { formatTime } from './format-time.ts';
import type { PageProject, PageSession, PageUser, ViewData } from './view-data.ts';
import type { Render } from './views.ts';

/** What the pages need from the rest of the app. */
export interface PagesOptions {
  readonly render: Render;
  /** Who is logged in, if anybody. */
  currentUser(request: Request): PageUser | undefined;
  /** Lets a logged-in member pass and sends everybody else to log in. */
  readonly requireLogin: RequestHandler;
  /** When the session of a logged-in request began, was checked, and ends. */
  sessionTimes(request: Request): PageSession;
  /** Asks LaunchDarkly, in the member's name, which projects there are. Its failures go to the error handler. */
  listProjects(request: Request): Promise<readonly PageProject[]>;
}

/** The pages: `/`, `/account`, `/projects`, `/logged-out` and `/troubleshooting`. */
export function addPages(app: IRouter, options: PagesOptions): void {
  const { render, requireLogin } = options;

  app.get('/', (request, response) => {
    sendPage(response, render('home', { user: options.currentUser(request) }));
  });

  app.get('/account', requireLogin, (request, response) => {
    const user = loggedIn(options.currentUser(request));
    sendPage(response, render('account', { user, times: moments(options.sessionTimes(request)) }));
  });

  app.get('/projects', requireLogin, async (request, response) => {
    const user = loggedIn(options.currentUser(request));
    sendPage(response, render('projects', { user, projects: await options.listProjects(request) }));
  });

  app.get('/logged-out', (request, response) => {
    if (options.currentUser(request)) return response.set('Cache-Control', 'no-store').redirect(303, '/');
    sendPage(response, render('logged-out', {}));
  });

  app.get('/troubleshooting', (request, response) => {
    const known = Object.entries(failures).map(([code, words]) => ({ code, ...words }));
    sendPage(response, render('troubleshooting', { user: options.currentUser(request), failures: known }));
  });
}

/** Sends a page that depends on who asks: no cache keeps it, so the back button shows nothing after logout. */
export function sendPage(response: Response, html: string): void {
  response.set('Cache-Control', 'no-store').send(html);
}

function moments(session: PageSession): ViewData['account']['times'] {
  const now = Date.now();
  return {
    startedAt: formatTime(session.startedAt, now),
    verifiedAt: formatTime(session.verifiedAt, now),
    idleExpiresAt: formatTime(session.idleExpiresAt, now),
    expiresAt: formatTime(session.expiresAt, now),
  };
}

function loggedIn(user: PageUser | undefined): PageUser {
  if (!user) throw new Error('requireLogin let a request pass without a user.');
  return user;
}
