import { createServer } from 'node:http';
import Fastify from 'fastify';
import { auth, withLogin } from './login.js';

const app = Fastify({ serverFactory: (handler) => createServer(withLogin(handler)) });

const requireLogin = (request, reply, done) => auth.requireLogin(request.raw, reply.raw, done);

app.get('/private', { onRequest: requireLogin }, async (request) => {
  const { email, accountId, id } = auth.currentUser(request.raw);
  return { email, accountId, id };
});
app.get('/logged-out', async () => 'You are logged out of this app.');

await app.listen({ port: Number(process.env.PORT ?? 3000), host: '127.0.0.1' });
