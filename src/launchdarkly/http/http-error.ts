/**
 * A request that got no usable response. Carries no header and no body, so it may be logged.
 *
 * `code` is `TIMEOUT`, `ABORTED`, `RESPONSE_TOO_LARGE`, `RESPONSE_NOT_HTTP`, `PROXY_REFUSED`, `PROXY_CLOSED`, or the
 * network layer's own code: `ECONNREFUSED`, `ENOTFOUND`, `UND_ERR_SOCKET`, `DEPTH_ZERO_SELF_SIGNED_CERT` and the like, prefixed
 * with `PROXY_` when the connection to the proxy failed.
 */
export class HttpError extends Error {
  override readonly name = 'HttpError';
  readonly code: string;
  /** Whether any part of the request may have reached the server. */
  readonly sent: boolean;

  constructor(code: string, options: { sent: boolean; cause?: unknown }) {
    super(messageFor(code), options.cause === undefined ? {} : { cause: options.cause });
    this.code = code;
    this.sent = options.sent;
  }
}

function messageFor(code: string): string {
  if (/^(TIMEOUT|ABORTED|RESPONSE_)/.test(code)) return `The request failed: ${code}.`;
  const { likelyCause, nextStep } = explainConnection(code);
  return `The request failed: ${code}. ${likelyCause} ${nextStep}`;
}

/** The `HttpError` for an error of undici's. */
export function toHttpError(error: unknown, sent: boolean): HttpError {
  const { name } = error as { name?: unknown };
  // A parser error quotes the bytes it could not read, so it is not kept as the cause.
  if (name === 'HTTPParserError') return new HttpError('RESPONSE_NOT_HTTP', { sent });
  const code = networkCode(error);
  // Our own aborts carry an HttpError; undici's abort error means that a proxy refused to connect.
  return new HttpError(code === 'UND_ERR_ABORTED' ? 'PROXY_REFUSED' : code, { sent, cause: error });
}

/** The code of a network failure, which may be wrapped in other errors. */
function networkCode(error: unknown): string {
  if (typeof error !== 'object' || error === null) return 'NETWORK_ERROR';
  if ('code' in error && typeof error.code === 'string') return error.code;
  return 'cause' in error ? networkCode(error.cause) : 'NETWORK_ERROR';
}

/** The likely cause of a failure, and what to do: one or two sentences each. */
export interface Explanation {
  readonly likelyCause: string;
  readonly nextStep: string;
}

/** Explains a connection that failed with `code`, as Node, undici or `HttpError` name it. */
export function explainConnection(code: string): Explanation {
  return explanations.find(({ codes }) => codes.test(code)) ?? noConnection;
}

const noConnection: Explanation = {
  likelyCause: 'No connection to LaunchDarkly, or it was interrupted.',
  nextStep: 'Check LD_BASE_URI, the network and HTTPS_PROXY; `npm run doctor` says which part fails.',
};

const explanations: readonly (Explanation & { readonly codes: RegExp })[] = [
  {
    codes: /^(ENOTFOUND|EAI_AGAIN)$/,
    likelyCause: 'The name of the host cannot be resolved.',
    nextStep: 'Check LD_BASE_URI, DNS and HTTPS_PROXY.',
  },
  {
    codes: /^PROXY_.*(SELF_SIGNED|UNABLE_TO_(GET|VERIFY)|CERT)/,
    likelyCause: "The proxy's own certificate is not trusted on this machine.",
    nextStep: "Set NODE_EXTRA_CA_CERTS to the file with its authority's certificate, or correct HTTPS_PROXY.",
  },
  {
    codes: /^PROXY_.*(TLS|SSL|EPROTO)/,
    likelyCause: 'The TLS connection to the proxy failed. Most proxies expect plain http, even for https requests.',
    nextStep: 'Write HTTPS_PROXY with http:// in place of https://.',
  },
  {
    codes: /^PROXY_(ENOTFOUND|EAI_AGAIN)$/,
    likelyCause: 'The host name of the proxy cannot be resolved.',
    nextStep: 'Correct HTTPS_PROXY, or name the host in NO_PROXY.',
  },
  {
    codes: /^PROXY_(?!REFUSED$|CLOSED$)/,
    likelyCause: 'The proxy cannot be reached.',
    nextStep: 'Correct HTTPS_PROXY, or name the host in NO_PROXY.',
  },
  {
    codes: /SELF_SIGNED|UNABLE_TO_(GET|VERIFY)|CERT_SIGNATURE/,
    likelyCause: 'The certificate was signed by an authority that this machine does not know, often a corporate proxy.',
    nextStep: "Set NODE_EXTRA_CA_CERTS to the file with that authority's certificate.",
  },
  {
    codes: /CERT_(HAS_EXPIRED|NOT_YET_VALID)/,
    likelyCause: "The certificate is not valid today: it has expired, or this machine's clock is wrong.",
    nextStep:
      "Check this machine's date. If it is right, the operator of the server or proxy has to renew the certificate.",
  },
  {
    codes: /CERT_ALTNAME_INVALID/,
    likelyCause: 'The certificate is for another host name: something other than LaunchDarkly answered.',
    nextStep: 'Check LD_BASE_URI and HTTPS_PROXY.',
  },
  {
    codes: /CERT|TLS|SSL|EPROTO/,
    likelyCause: 'The TLS connection failed.',
    nextStep: "Check LD_BASE_URI, this machine's clock and HTTPS_PROXY.",
  },
  {
    codes: /^PROXY_REFUSED$/,
    likelyCause: 'The proxy does not connect to LaunchDarkly: it wants a password, or does not allow the host.',
    nextStep: 'Check HTTPS_PROXY (`http://user:password@host:port`) and LD_BASE_URI.',
  },
  {
    codes: /^PROXY_CLOSED$/,
    likelyCause:
      'The proxy closed the connection instead of connecting to LaunchDarkly: it, or a proxy behind it, may be down.',
    nextStep: 'Check HTTPS_PROXY and the proxy itself.',
  },
  {
    codes: /^UND_ERR_INVALID/,
    likelyCause: 'The token contains a character that cannot be sent, such as a line break.',
    nextStep: 'Copy the token again.',
  },
];
