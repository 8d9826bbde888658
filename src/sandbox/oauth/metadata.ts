import type { RequestHandler } from 'express';
import { baseUrl } from '../http/same-origin.ts';

/** RFC 8414 metadata, field for field as captured from LaunchDarkly's app host. */
export const metadata: RequestHandler = (req, res) => {
  const issuer = baseUrl(req);
  res.json({
    issuer,
    authorization_endpoint: `${issuer}/trust/oauth/authorize`,
    token_endpoint: `${issuer}/trust/oauth/token`,
    registration_endpoint: `${issuer}/trust/oauth/register/dcr`,
    revocation_endpoint: `${issuer}/trust/oauth/revoke`,
    response_types_supported: ['code'],
    grant_types_supported: ['authorization_code', 'refresh_token', 'client_credentials'],
    token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post', 'none'],
    code_challenge_methods_supported: ['S256'],
    scopes_supported: ['reader', 'writer', 'observability', 'offline_access'],
  });
};
