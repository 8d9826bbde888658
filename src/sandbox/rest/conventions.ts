import type { RequestHandler } from 'express';
import { firstHeader } from '../http/headers.ts';
import { invalidRequestBody, RestError } from './rest-error.ts';

/** The versions of the REST API that LaunchDarkly's overview lists; `beta` is for beta resources. */
const NEWEST = '20240415';
const VERSIONS = [NEWEST, '20220603', '20210729', '20191212', '20160426', 'beta'];
const OVERRIDABLE = ['PUT', 'PATCH', 'DELETE'];

/**
 * CORS from any origin: the `Origin` is echoed, `*` only without one, as the overview says. Credentials are allowed, and
 * harmless: no cookie is read here.
 */
export const allowAnyOrigin: RequestHandler = (req, res, next) => {
  const origin = firstHeader(req, 'origin');
  res.set('Access-Control-Allow-Origin', origin ?? '*').vary('Origin');
  if (origin !== undefined) res.set('Access-Control-Allow-Credentials', 'true');
  if (req.method !== 'OPTIONS') return next();
  res
    .status(204)
    .set({
      'Access-Control-Allow-Methods': 'GET, POST, PUT, PATCH, DELETE, OPTIONS',
      'Access-Control-Allow-Headers': 'Authorization, Content-Type, LD-API-Version, X-HTTP-Method-Override',
      'Access-Control-Max-Age': '300',
    })
    .end();
};

/** `X-HTTP-Method-Override` turns a POST into what it names. */
export const overrideMethod: RequestHandler = (req, _res, next) => {
  const wanted = (firstHeader(req, 'x-http-method-override') ?? '').toUpperCase();
  if (wanted !== '' && req.method === 'POST') {
    if (!OVERRIDABLE.includes(wanted)) throw invalidRequestBody();
    req.method = wanted;
  }
  next();
};

/** Answers in the version asked for; without `LD-API-Version` in the newest, the default of the sandbox's tokens. */
export const apiVersion: RequestHandler = (req, res, next) => {
  const version = firstHeader(req, 'ld-api-version') ?? NEWEST;
  if (!VERSIONS.includes(version)) throw new RestError(400, 'invalid_request', 'Invalid API version');
  res.set('LD-API-Version', version);
  next();
};
