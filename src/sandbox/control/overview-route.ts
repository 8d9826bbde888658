import type { RequestHandler } from 'express';
import { baseUrl } from '../http/base-url.ts';
import { queryOf } from '../http/body.ts';
import { sendPage } from '../http/send-page.ts';
import { overviewPage } from '../pages/overview-page.ts';
import type { SandboxStore } from '../store.ts';

/** `GET /`: the front page. */
export function overview(store: SandboxStore): RequestHandler {
  return (req, res) => sendPage(res, 200, overviewPage(store, baseUrl(req), queryOf(req)));
}
