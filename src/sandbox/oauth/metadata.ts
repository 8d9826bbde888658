import type { RequestHandler } from 'express';
import { baseUrl } from '../http/base-url.ts';
import type { SandboxStore } from '../store.ts';

/** RFC 8414 metadata, field for field as captured from LaunchDarkly's app host. */
export function metadata({ switches }: SandboxStore): RequestHandler {
  return (req, res) => {
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
      // RFC 9207, section 3: said by a server that sends `iss`. LaunchDarkly does not say it.
      ...(switches.iss === 'none' ? {} : { authorization_response_iss_parameter_supported: true }),
    });
  };
}
