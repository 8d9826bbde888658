import type { RequestHandler } from 'express';
import { invalidRequestBody, RestError } from './rest-error.ts';

/** The versions of the REST API that LaunchDarkly's overview lists; `beta` is for beta resources. */
const VERSIONS = ['20240415', '20220603', '20210729', '20191212', '20160426', 'beta'];
const OVERRIDABLE = ['PUT', 'PATCH', 'DELETE'];

/** CORS from any origin, as the overview says. No cookie is ever read here, so none is allowed. */
export const allowAnyOrigin: RequestHandler = (req, res, next) => {
  res.set('Access-Control-Allow-Origin', '*');
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
  const wanted = String(req.headers['x-http-method-override'] ?? '').toUpperCase();
  if (wanted !== '' && req.method === 'POST') {
    if (!OVERRIDABLE.includes(wanted)) throw invalidRequestBody();
    req.method = wanted;
  }
  next();
};

/** Answers in the version asked for; without `LD-API-Version` in the newest, the default of the sandbox's tokens. */
export const apiVersion: RequestHandler = (req, res, next) => {
  const version = String(req.headers['ld-api-version'] ?? VERSIONS[0]);
  if (!VERSIONS.includes(version)) throw new RestError(400, 'invalid_request', 'Invalid API version');
  res.set('LD-API-Version', version);
  next();
};
