import type { ErrorRequestHandler, RequestHandler } from 'express';
import { html } from '../pages/html.ts';
import { layout } from '../pages/layout.ts';
import { isClientMistake } from './client-mistake.ts';
import { sendPage } from './send-page.ts';

/**
 * 404 for every path that neither LaunchDarkly nor the sandbox has, `/.well-known/openid-configuration` among them. A page,
 * for programs too: so does LaunchDarkly (observed).
 */
export const notFoundPage: RequestHandler = (req, res) => {
  sendPage(
    res,
    404,
    layout(
      { title: 'Not found', narrow: true },
      html`<h1>Nothing here</h1>
<p class="lead">The sandbox has nothing at <span class="wrap">${req.originalUrl.split('?')[0]}</span>. Paths are exact: upper and lower
case count, and so does a slash at the end.</p>
<p class="actions"><a class="button" href="/">See what there is</a></p>`,
    ),
  );
};

/** The last resort: a client's mistake keeps its status, anything else is a bug of the sandbox and says so. */
export const answerFailure: ErrorRequestHandler = (error, _req, res, next) => {
  if (res.headersSent) return next(error);
  if (isClientMistake(error)) {
    return void res.status(error.status).json({ code: 'invalid_request', message: error.message });
  }
  process.stderr.write(`The sandbox failed: ${error?.stack ?? error}\n`);
  res
    .status(500)
    .json({ code: 'sandbox_bug', message: 'The sandbox itself failed; its output has the details.' });
};
