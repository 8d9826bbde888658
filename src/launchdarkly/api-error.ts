import { type Explanation, explainConnection } from './http/connection-advice.ts';

/** Why a call to LaunchDarkly's REST API failed. */
export type ApiErrorReason =
  | 'unauthorized'
  | 'forbidden'
  | 'not_found'
  | 'conflict'
  | 'invalid_request'
  | 'rate_limited'
  | 'server_error'
  /** No connection: DNS, refused, reset, TLS, proxy. */
  | 'unreachable'
  | 'timeout'
  /** An answer that LaunchDarkly's documentation does not know. */
  | 'unexpected_response';

/** What is known about a failed call; the error makes its message out of it. Never holds a token or a secret. */
export interface ApiErrorDetails {
  /** LaunchDarkly's name of the call, e.g. `createOAuth2Client`. */
  readonly operation: string;
  readonly reason: ApiErrorReason;
  /** Who called: an administrator's API access token (default), or a member's OAuth token. Decides what is advised. */
  readonly calledWith?: 'api token' | 'access token';
  readonly status?: number | undefined;
  /** What LaunchDarkly said, on one line of at most 300 characters. */
  readonly serverMessage?: string | undefined;
  /** What is wrong with an answer that says yes. */
  readonly flaw?: string;
  /** Milliseconds after which LaunchDarkly wants to be asked again, of which at most an hour is kept. */
  readonly retryAfterMs?: number | undefined;
  /** Node's or undici's code of a failed connection. */
  readonly code?: string | undefined;
  /** False when the request certainly never reached LaunchDarkly; a call that may have acted is true. */
  readonly mayHaveActed?: boolean;
  readonly cause?: unknown;
}

/** A call to LaunchDarkly's REST API failed. Says what LaunchDarkly said, what that likely means, and what to do. */
export class LaunchDarklyApiError extends Error {
  override readonly name = 'LaunchDarklyApiError';
  readonly operation: string;
  readonly reason: ApiErrorReason;
  readonly status: number | undefined;
  readonly serverMessage: string | undefined;
  readonly retryAfterMs: number | undefined;
  readonly code: string | undefined;
  readonly mayHaveActed: boolean;
  readonly likelyCause: string;
  readonly nextStep: string;

  constructor(given: ApiErrorDetails) {
    const details = { ...given, retryAfterMs: atMostAnHour(given.retryAfterMs) };
    const { likelyCause, nextStep } = explain(details);
    super(`${whatHappened(details)} ${likelyCause} ${nextStep}`, { cause: details.cause });
    this.operation = details.operation;
    this.reason = details.reason;
    this.status = details.status;
    this.serverMessage = details.serverMessage;
    this.retryAfterMs = details.retryAfterMs;
    this.code = details.code;
    this.mayHaveActed = details.mayHaveActed ?? true;
    this.likelyCause = likelyCause;
    this.nextStep = nextStep;
  }
}

/** A server, or a clock that is wrong, may ask for a wait of years. */
function atMostAnHour(milliseconds: number | undefined): number | undefined {
  return milliseconds === undefined ? undefined : Math.min(milliseconds, 3_600_000);
}

function whatHappened({ operation, status, serverMessage, flaw, code }: ApiErrorDetails): string {
  if (status === undefined) return `LaunchDarkly could not be asked (${operation}): ${code ?? 'no answer'}.`;
  const said = serverMessage ? `: "${serverMessage}".` : ', without a message.';
  return `LaunchDarkly answered ${operation} with ${status}${flaw ? `, but: ${flaw}.` : said}`;
}

function explain({ reason, calledWith, status, code, retryAfterMs }: ApiErrorDetails): Explanation {
  const forMember = calledWith === 'access token' ? memberAdvice[reason] : undefined;
  if (forMember) return forMember;
  switch (reason) {
    case 'unauthorized':
      return {
        likelyCause:
          'The token is wrong, expired or revoked, belongs to another LaunchDarkly instance (US, EU, federal), or its role is too weak.',
        nextStep: 'Check the token and LD_BASE_URI; managing OAuth clients takes a token with the Admin role.',
      };
    case 'forbidden':
      return {
        likelyCause: 'The token is valid, but its role does not allow this.',
        nextStep: 'Use a token with the Admin role (Organization settings, Authorization).',
      };
    case 'not_found':
      return {
        likelyCause: 'It was deleted, or belongs to another account or LaunchDarkly instance.',
        nextStep: 'Check the id and LD_BASE_URI; `npm run clients -- list` shows what there is.',
      };
    case 'conflict':
      return {
        likelyCause: 'Something else changed it at the same moment.',
        nextStep: 'Run the command again.',
      };
    case 'invalid_request':
      return {
        likelyCause:
          'LaunchDarkly does not accept one of the values, most often the redirect URI: it wants https and no query.',
        nextStep: 'Correct the value; `http://localhost` may need https, which this project serves on this machine.',
      };
    case 'rate_limited':
      return {
        likelyCause: "The account's or the token's rate limit is used up.",
        nextStep:
          retryAfterMs === undefined ? 'Try again in a minute.' : `Try again in ${Math.ceil(retryAfterMs / 1000)} s.`,
      };
    case 'server_error':
      return { likelyCause: 'LaunchDarkly has a fault of its own.', nextStep: 'Try again in a moment.' };
    case 'timeout':
      return {
        likelyCause: 'LaunchDarkly, or the network between here and there, is slow.',
        nextStep: 'Try again in a moment; if that does not help, check the network and HTTPS_PROXY.',
      };
    case 'unreachable':
      return explainConnection(code ?? '');
    case 'unexpected_response':
      return {
        likelyCause:
          status !== undefined && status >= 300 && status < 400
            ? 'Something redirects the call, which LaunchDarkly itself does not do.'
            : 'Something other than LaunchDarkly answered, such as a proxy with a page of its own, or LaunchDarkly has changed.',
        nextStep: 'Check LD_BASE_URI and HTTPS_PROXY.',
      };
  }
}

/** What differs when a member's own token was used: the app's log shows it, and no administrator's token is at fault. */
const memberAdvice: Readonly<Partial<Record<ApiErrorReason, Explanation>>> = {
  unauthorized: {
    likelyCause: "The member's access token has ended or was revoked, or the member was removed from the account.",
    nextStep: 'Nothing needs to be done: the member logs in again if they still may.',
  },
  forbidden: {
    likelyCause: "The member's role, or the scope of the access token, does not allow this.",
    nextStep: 'An Admin of the LaunchDarkly account can give the member another role; LD_OAUTH_SCOPE sets the scope.',
  },
  not_found: {
    likelyCause: 'There is no such thing for this member: it was deleted, or belongs to another account.',
    nextStep: 'If it happens to every member, check LD_BASE_URI.',
  },
  conflict: {
    likelyCause: 'Something else changed it at the same moment.',
    nextStep: 'Try again in a moment.',
  },
  invalid_request: {
    likelyCause: 'LaunchDarkly does not accept this call, or something else answered in its place.',
    nextStep: 'Check LD_BASE_URI and HTTPS_PROXY.',
  },
};
