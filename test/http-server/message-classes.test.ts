import { once } from 'node:events';
import type { RequestListener } from 'node:http';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Express, Response } from 'express';
import express from 'express';
import { messageClasses } from '../../src/http-server/message-classes.ts';

/** What a handler may send. Each is answered by Express alone and by the lean classes, and must be the same bytes. */
const answers: Record<string, (res: Response) => unknown> = {
  'a page': (res) => res.set('Cache-Control', 'no-store').send('<p>Zoë & 日本</p>'),
  'a long page': (res) => res.send('ü'.repeat(5_000)),
  'an empty page': (res) => res.send(''),
  'a page of another type': (res) => res.type('text/plain').send('plain'),
  'a page of another charset': (res) => res.set('Content-Type', 'text/plain; charset=latin1').send('plain'),
  'a page whose Vary is set': (res) => res.vary('Cookie').redirect(303, '/a'),
  bytes: (res) => res.send(Buffer.from('bytes')),
  nothing: (res) => res.send(),
  'an object': (res) => res.send({ a: 1 }),
  'no content': (res) => res.status(204).send('dropped'),
  'reset content': (res) => res.status(205).send('dropped'),
  'not modified': (res) => res.status(304).send('dropped'),
  JSON: (res) => res.json({ member: { name: 'Zoë', nothing: undefined }, when: new Date(0) }),
  'JSON null': (res) => res.json(null),
  'JSON undefined': (res) => res.json(undefined),
  'JSON of another type': (res) => res.type('application/problem+json').json({ a: 1 }),
  'JSON with a status': (res) => res.status(401).json({ error: { code: 'login_required' } }),
  'a redirect': (res) => res.redirect('/somewhere?a=1&b=2'),
  'a redirect with a status': (res) => res.redirect(303, 'https://ld.example/authorize?state=a&x="<>\''),
  'a permanent redirect to an odd address': (res) => res.redirect(308, '/日本 %zz%20'),
  'a redirect with an unknown status': (res) => res.redirect(399, '/'),
};

const requests: { method: string; headers: Record<string, string> }[] = [
  { method: 'GET', headers: {} },
  { method: 'HEAD', headers: { accept: 'text/html' } },
  { method: 'POST', headers: { accept: 'application/json' } },
  { method: 'GET', headers: { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' } },
  { method: 'GET', headers: { accept: 'text/plain' } },
  { method: 'GET', headers: { accept: 'text/*;q=0.1, text/html;q=0' } },
  { method: 'GET', headers: { 'if-none-match': '*' } },
  { method: 'GET', headers: { 'if-modified-since': 'Thu, 01 Jan 1970 00:00:00 GMT' } },
];

const stops: (() => Promise<unknown>)[] = [];
let expressUrl = '';
let leanUrl = '';

function app(settings: (app: Express) => void): Express {
  const made = express().disable('etag').disable('x-powered-by');
  settings(made);
  for (const [name, answer] of Object.entries(answers))
    made.all(`/${encodeURIComponent(name)}`, (_req, res) => void answer(res));
  return made;
}

async function serve(server: ReturnType<typeof createServer>): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  stops.push(() => new Promise((done) => server.close(done)));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const serveLean = (made: Express) => serve(createServer(messageClasses(made), made as RequestListener));

beforeAll(async () => {
  expressUrl = await serve(createServer(app(() => {})));
  leanUrl = await serveLean(app(() => {}));
});

afterAll(async () => {
  for (const stop of stops) await stop();
});

/** Status line, headers as sent but the date, and body. */
async function ask(
  origin: string,
  name: string,
  { method, headers }: { method: string; headers: Record<string, string> },
): Promise<unknown> {
  const sent = request(`${origin}/${encodeURIComponent(name)}`, { method, headers, agent: false });
  sent.end();
  const [answer] = await once(sent, 'response');
  const body: Buffer[] = [];
  for await (const chunk of answer) body.push(chunk);
  const { date: _date, ...rest } = answer.headers;
  return { status: answer.statusCode, headers: rest, body: Buffer.concat(body).toString('latin1') };
}

test.each(Object.keys(answers))('%s is answered with the bytes that Express sends', async (name) => {
  for (const one of requests) expect(await ask(leanUrl, name, one)).toEqual(await ask(expressUrl, name, one));
});

test.each([
  ['ETags', (made: Express) => made.enable('etag')],
  ['indented JSON', (made: Express) => made.set('json spaces', 2)],
  ['escaped JSON', (made: Express) => made.set('json escape', true)],
] as const)('an app that wants %s gets them', async (_name, settings) => {
  const [lean, plain] = [await serveLean(app(settings)), await serve(createServer(app(settings)))];
  for (const name of ['a page', 'JSON', 'JSON with a status'])
    for (const one of requests) expect(await ask(lean, name, one)).toEqual(await ask(plain, name, one));
});
