import { type Explanation, explainConnection } from './http/http-error.ts';

/** What a failed call with an administrator's API access token likely means and what to do, by the reason of the failure. */
const advice = {
  unauthorized: {
    likelyCause:
      'The token is wrong, expired or revoked, belongs to another LaunchDarkly instance (US, EU, federal), or its role is too weak.',
    nextStep: 'Check the token and LD_BASE_URI; managing OAuth clients takes a token with the Admin role.',
  },
  forbidden: {
    likelyCause: 'The token is valid, but its role does not allow this.',
    nextStep: 'Use a token with the Admin role (Organization settings, Authorization).',
  },
  not_found: {
    likelyCause: 'It was deleted, or belongs to another account or LaunchDarkly instance.',
    nextStep: 'Check the id and LD_BASE_URI; `npm run clients -- list` lists all clients.',
  },
  conflict: {
    likelyCause: 'Something else changed it at the same time.',
    nextStep: 'Run the command again.',
  },
  invalid_request: {
    likelyCause:
      'LaunchDarkly does not accept one of the values, most often the redirect URI: it wants https and no query.',
    nextStep: 'Correct the value; `http://localhost` may need https, which this project serves on this machine.',
  },
  rate_limited: {
    likelyCause: 'The rate limit of the account or the token is used up.',
    nextStep: 'Try again in a minute.',
  },
  server_error: { likelyCause: 'LaunchDarkly has an internal error.', nextStep: 'Try again in a moment.' },
  timeout: {
    likelyCause: 'LaunchDarkly or the network is slow.',
    nextStep: 'Try again in a moment; if that does not help, check the network and HTTPS_PROXY.',
  },
  /** No connection: DNS, refused, reset, TLS, proxy. */
  unreachable: explainConnection(''),
  /** A response that LaunchDarkly's documentation does not describe. */
  unexpected_response: {
    likelyCause:
      'Something other than LaunchDarkly answered, such as a proxy with its own page, or LaunchDarkly has changed.',
    nextStep: 'Check LD_BASE_URI and HTTPS_PROXY.',
  },
} satisfies Record<string, Explanation>;

/** Why a call to LaunchDarkly's REST API failed. */
export type ApiErrorReason = keyof typeof advice;

/** What is known about a failed call. Never contains a token or a secret. */
export interface ApiErrorDetails {
  /** LaunchDarkly's name of the call, e.g. `createOAuth2Client`. */
  readonly operation: string;
  readonly reason: ApiErrorReason;
  readonly status?: number | undefined;
  /** LaunchDarkly's error message, on one line of at most 300 characters. */
  readonly serverMessage?: string | undefined;
  /** What is wrong with a successful response. */
  readonly problem?: string;
  /** Milliseconds until LaunchDarkly accepts another call, capped at one hour. */
  readonly retryAfterMs?: number | undefined;
  /** Node's or undici's code of a failed connection. */
  readonly code?: string | undefined;
  /** False only when LaunchDarkly certainly did not carry out the call. Default true. */
  readonly mayHaveTakenEffect?: boolean;
  readonly cause?: unknown;
}

/** A call to LaunchDarkly's REST API failed. Contains the facts only; `apiErrorAdvice` says what to do. */
export class LaunchDarklyApiError extends Error {
  override readonly name = 'LaunchDarklyApiError';
  readonly operation: string;
  readonly reason: ApiErrorReason;
  readonly status: number | undefined;
  readonly serverMessage: string | undefined;
  readonly retryAfterMs: number | undefined;
  readonly code: string | undefined;
  readonly mayHaveTakenEffect: boolean;

  constructor(details: ApiErrorDetails) {
    super(messageFor(details), { cause: details.cause });
    this.operation = details.operation;
    this.reason = details.reason;
    this.status = details.status;
    this.serverMessage = details.serverMessage;
    // A server, or a wrong clock, may ask for a wait of years.
    this.retryAfterMs = details.retryAfterMs && Math.min(details.retryAfterMs, 3_600_000);
    this.code = details.code;
    this.mayHaveTakenEffect = details.mayHaveTakenEffect ?? true;
  }
}

function messageFor({ operation, status, serverMessage, problem, code }: ApiErrorDetails): string {
  if (status === undefined) return `LaunchDarkly could not be asked (${operation}): ${code ?? 'no answer'}.`;
  const said = serverMessage ? `: "${serverMessage}".` : ', without a message.';
  return `LaunchDarkly answered ${operation} with ${status}${problem ? `, but: ${problem}.` : said}`;
}

/** The message of an error; for a `LaunchDarklyApiError` followed by `apiErrorAdvice`, for people who run a script. */
export function messageWithAdvice(error: Error): string {
  if (!(error instanceof LaunchDarklyApiError)) return error.message;
  const { likelyCause, nextStep } = apiErrorAdvice(error);
  return `${error.message} ${likelyCause} ${nextStep}`;
}

/** What a failed call with an administrator's API access token likely means, and what to do. */
export function apiErrorAdvice({ reason, status = 0, code = '', retryAfterMs }: LaunchDarklyApiError): Explanation {
  if (reason === 'unreachable') return explainConnection(code);
  const usual = advice[reason];
  if (reason === 'rate_limited' && retryAfterMs !== undefined)
    return { ...usual, nextStep: `Try again in ${Math.ceil(retryAfterMs / 1000)} s.` };
  if (reason === 'unexpected_response' && status >= 300 && status < 400)
    return { ...usual, likelyCause: 'Something redirects the call, which LaunchDarkly itself does not do.' };
  return usual;
}
