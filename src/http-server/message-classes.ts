import type { ServerOptions } from 'node:http';
import { IncomingMessage, ServerResponse, STATUS_CODES } from 'node:http';
import escapeHtml from 'escape-html';
import type { Express, Request, Response } from 'express';
import express from 'express';

/** Options of Node's `createServer`. */
export type MessageClasses = Pick<ServerOptions, 'IncomingMessage' | 'ServerResponse'>;

/**
 * The classes of the requests and responses that an http or https server makes for `app`.
 *
 * Express gives each request and response another prototype, after which V8 forgets what it learned about them.
 * Messages that are created with Express's prototypes keep theirs. `redirect`, `send` and `json` are leaner versions of
 * Express's own: they answer the same bytes, and leave every unusual case to the original. docs/benchmark.md has the
 * gain of each.
 */
export function messageClasses(app: Express): MessageClasses {
  class AppRequest extends IncomingMessage {}
  class AppResponse<R extends IncomingMessage> extends ServerResponse<R> {}
  app.request = Object.setPrototypeOf(AppRequest.prototype, app.request);
  app.response = Object.setPrototypeOf(AppResponse.prototype, app.response);
  Object.assign(AppResponse.prototype, leanMethods(app));
  return { IncomingMessage: AppRequest, ServerResponse: AppResponse };
}

function leanMethods(app: Express) {
  const original = express.response;
  // Express asks for these settings with each answer. An app makes them before it serves.
  let settings: { etag: boolean; plainJson: boolean } | undefined;
  const readSettings = () => ({
    etag: Boolean(app.get('etag fn')),
    plainJson: !app.get('json replacer') && !app.get('json spaces') && !app.get('json escape'),
  });

  return {
    redirect(this: Response, ...args: [string] | [number, string]) {
      const [status, address] = args.length === 2 ? args : [302, args[0]];
      const message = STATUS_CODES[status];
      if (!message || typeof address !== 'string' || !address) {
        Reflect.apply(original.redirect, this, args);
        return;
      }
      this.location(address);
      if (this.getHeader('Vary') === undefined) this.setHeader('Vary', 'Accept');
      else this.vary('Accept');
      const type = redirectBodyType(this.req);
      const text = `${message}. Redirecting to `;
      const location = String(this.getHeader('Location'));
      let body = '';
      if (type === 'text') body = text + location;
      if (type === 'html')
        body = `<!DOCTYPE html><head><title>${message}</title></head><body><p>${text}${escapeHtml(location)}</p></body>`;
      if (type)
        this.setHeader('Content-Type', type === 'text' ? 'text/plain; charset=utf-8' : 'text/html; charset=utf-8');
      this.statusCode = status;
      this.setHeader('Content-Length', Buffer.byteLength(body));
      if (this.req.method === 'HEAD') this.end();
      else this.end(body);
    },

    send(this: Response, body: unknown) {
      settings ??= readSettings();
      if (typeof body !== 'string' || settings.etag || !isPlain(this)) return original.send.call(this, body);
      const type = this.getHeader('Content-Type');
      if (type === undefined) this.setHeader('Content-Type', 'text/html; charset=utf-8');
      else if (typeof type !== 'string' || !type.endsWith('; charset=utf-8')) return original.send.call(this, body);
      this.setHeader('Content-Length', Buffer.byteLength(body));
      if (this.req.method === 'HEAD') this.end();
      else this.end(body, 'utf8');
      return this;
    },

    json(this: Response, value: unknown) {
      settings ??= readSettings();
      if (!settings.plainJson || value === undefined) return original.json.call(this, value);
      if (this.getHeader('Content-Type') === undefined)
        this.setHeader('Content-Type', 'application/json; charset=utf-8');
      return this.send(JSON.stringify(value));
    },
  };
}

/** Whether nothing is negotiated: no conditional request, no status without a body, no other transfer encoding. */
function isPlain(res: Response): boolean {
  const { headers } = res.req;
  return (
    headers['if-none-match'] === undefined &&
    headers['if-modified-since'] === undefined &&
    res.statusCode !== 204 &&
    res.statusCode !== 205 &&
    res.statusCode !== 304 &&
    res.getHeader('Transfer-Encoding') === undefined
  );
}

type BodyType = 'text' | 'html' | false;

const negotiated = new Map<string | undefined, BodyType>();

/** Few `Accept` headers exist, so the answer for each is kept. */
function redirectBodyType(req: Request): BodyType {
  const { accept } = req.headers;
  let type = negotiated.get(accept);
  if (type === undefined) {
    type = req.accepts(['text', 'html']) as BodyType;
    if (negotiated.size < 100) negotiated.set(accept, type);
  }
  return type;
}
