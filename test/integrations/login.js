import express from 'express';
import session from 'express-session';
import { createLaunchDarklyAuth, LoginError } from 'log-in-with-launchdarkly';

export const auth = createLaunchDarklyAuth(); // reads LD_* and SESSION_SECRET from the environment

/** Serves the login, and hands every other request on to `listener`, with its session. */
export function withLogin(listener) {
  const secret = process.env.SESSION_SECRET.split(',');
  const app = express().disable('x-powered-by').set('trust proxy', 1); // one TLS terminator in front
  app.use(session({ secret, resave: false, saveUninitialized: false, cookie: { sameSite: 'lax', secure: true } }));
  app.use(auth.router);
  app.use((error, _req, res, next) => {
    if (!(error instanceof LoginError)) return next(error);
    res.status(error.status).send(`You could not be logged in: ${error.reason}`);
  });
  return app.use(listener);
}
