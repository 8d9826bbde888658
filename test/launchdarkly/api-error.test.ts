import { describe, expect, test } from '@jest/globals';
import type { ApiErrorReason } from '../../src/launchdarkly/index.ts';
import { apiErrorAdvice, LaunchDarklyApiError, messageWithAdvice } from '../../src/launchdarkly/index.ts';

const operation = 'getMember';

// The compiler makes sure that none is forgotten.
const reasons: Record<ApiErrorReason, true> = {
  unauthorized: true,
  forbidden: true,
  not_found: true,
  conflict: true,
  invalid_request: true,
  rate_limited: true,
  server_error: true,
  unreachable: true,
  timeout: true,
  unexpected_response: true,
};

test.each(Object.keys(reasons) as ApiErrorReason[])('%s says what happened, why it may have, what to do', (reason) => {
  const error = new LaunchDarklyApiError({ operation, reason });
  const { likelyCause, nextStep } = apiErrorAdvice(error);
  expect(error.message).toBe('LaunchDarkly could not be asked (getMember): no answer.');
  expect(messageWithAdvice(error)).toBe(`${error.message} ${likelyCause} ${nextStep}`);
  expect(likelyCause).toMatch(/^[A-Z].*\.$/);
  expect(nextStep).toMatch(/^[A-Z].*\.$/);
  expect(error).toMatchObject({ name: 'LaunchDarklyApiError', operation, reason, mayHaveTakenEffect: true });
});

describe('a connection that failed is explained by its code', () => {
  test.each([
    ['ENOTFOUND', 'The name of the host cannot be resolved.', 'DNS'],
    ['EAI_AGAIN', 'The name of the host cannot be resolved.', 'DNS'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'authority that this machine does not know', 'NODE_EXTRA_CA_CERTS'],
    ['SELF_SIGNED_CERT_IN_CHAIN', 'authority that this machine does not know', 'NODE_EXTRA_CA_CERTS'],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'authority that this machine does not know', 'NODE_EXTRA_CA_CERTS'],
    ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'authority that this machine does not know', 'NODE_EXTRA_CA_CERTS'],
    ['CERT_SIGNATURE_FAILURE', 'authority that this machine does not know', 'NODE_EXTRA_CA_CERTS'],
    ['CERT_HAS_EXPIRED', 'has expired', 'renew'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'another host name', 'LD_BASE_URI'],
    ['ERR_SSL_WRONG_VERSION_NUMBER', 'TLS', 'HTTPS_PROXY'],
    ['PROXY_REFUSED', 'proxy', 'HTTPS_PROXY'],
    ['UND_ERR_INVALID_ARG', 'token', 'Copy the token again'],
    ['ECONNREFUSED', 'No connection', 'npm run doctor'],
    ['UND_ERR_SOCKET', 'No connection', 'npm run doctor'],
    ['SOMETHING_NEW', 'No connection', 'npm run doctor'],
  ])('%s', (code, likelyCause, nextStep) => {
    const error = new LaunchDarklyApiError({ operation, reason: 'unreachable', code, mayHaveTakenEffect: false });
    const advice = apiErrorAdvice(error);
    expect(advice.likelyCause).toContain(likelyCause);
    expect(advice.nextStep).toContain(nextStep);
    expect(error.message).toContain(`: ${code}.`);
    expect(advice.nextStep).not.toContain('TLS_REJECT_UNAUTHORIZED');
  });
});

describe('advice for administrators', () => {
  test.each(Object.keys(reasons) as ApiErrorReason[])(
    'is not part of the message, which the log shows: %s',
    (reason) => {
      const { message } = new LaunchDarklyApiError({ operation, reason, status: 400 });
      expect(message).not.toMatch(/API token|Admin role|npm run clients|Run the command/);
    },
  );

  test('names the Admin role', () => {
    const error = new LaunchDarklyApiError({ operation, reason: 'forbidden', status: 403 });
    expect(apiErrorAdvice(error).nextStep).toContain('Admin role');
  });

  test('is added to no other error', () => {
    expect(messageWithAdvice(new Error('Disk full'))).toBe('Disk full');
  });
});

test('keeps its cause', () => {
  const cause = new Error('why');
  expect(new LaunchDarklyApiError({ operation, reason: 'timeout', cause }).cause).toBe(cause);
});
