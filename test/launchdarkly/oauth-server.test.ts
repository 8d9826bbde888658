import { expect, test } from '@jest/globals';
import { launchDarklyOAuthServer } from '../../src/launchdarkly/index.ts';

test.each(['https://app.launchdarkly.com', 'https://app.eu.launchdarkly.com', 'https://app.launchdarkly.us'])(
  'the OAuth endpoints of %s stand below /trust/oauth',
  (baseUri) => {
    expect(launchDarklyOAuthServer(baseUri)).toEqual({
      issuer: baseUri,
      authorization_endpoint: `${baseUri}/trust/oauth/authorize`,
      token_endpoint: `${baseUri}/trust/oauth/token`,
      revocation_endpoint: `${baseUri}/trust/oauth/revoke`,
    });
    expect(launchDarklyOAuthServer(`${baseUri}/`)).toEqual(launchDarklyOAuthServer(baseUri));
  },
);
