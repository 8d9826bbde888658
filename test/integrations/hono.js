import { createServer } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import { Hono } from 'hono';
import { auth, withLogin } from './login.js';

const app = new Hono();

function requireLogin(c, next) {
  const { incoming, outgoing } = c.env;
  return new Promise((resolve, reject) => {
    outgoing.once('finish', () => resolve(RESPONSE_ALREADY_SENT)); // the redirect to LaunchDarkly
    auth.requireLogin(incoming, outgoing, (error) => (error ? reject(error) : resolve(next())));
  });
}

app.get('/private', requireLogin, (c) => {
  const { email, accountId, id } = auth.currentUser(c.env.incoming);
  return c.json({ email, accountId, id });
});
app.get('/logged-out', (c) => c.text('You are logged out of this app.'));
app.onError((error, c) => c.text('Something failed.', error.status ?? 500));

createServer(withLogin(getRequestListener(app.fetch))).listen(Number(process.env.PORT ?? 3000), '127.0.0.1');
