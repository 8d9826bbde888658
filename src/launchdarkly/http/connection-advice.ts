/** What a failure likely means, and what to do: one or two sentences each. */
export interface Explanation {
  readonly likelyCause: string;
  readonly nextStep: string;
}

/** The plain words for a connection that failed with `code`, as Node, undici or `HttpError` name it. */
export function explainConnection(code: string): Explanation {
  return explanations.find(({ codes }) => codes.test(code)) ?? brokenOff;
}

const brokenOff: Explanation = {
  likelyCause: 'No connection to LaunchDarkly, or it broke off.',
  nextStep: 'Check LD_BASE_URI, the network and HTTPS_PROXY; `npm run doctor` says which part fails.',
};

const explanations: readonly (Explanation & { readonly codes: RegExp })[] = [
  {
    codes: /^(ENOTFOUND|EAI_AGAIN)$/,
    likelyCause: 'The name of the host cannot be resolved.',
    nextStep: 'Check LD_BASE_URI, DNS and HTTPS_PROXY.',
  },
  {
    codes: /SELF_SIGNED|UNABLE_TO_(GET|VERIFY)|CERT_SIGNATURE/,
    likelyCause: 'The certificate was signed by an authority that this machine does not know, often a corporate proxy.',
    nextStep: "Set NODE_EXTRA_CA_CERTS to the file with that authority's certificate.",
  },
  {
    codes: /CERT_(HAS_EXPIRED|NOT_YET_VALID)/,
    likelyCause: "The certificate is not valid today: it has ended, or this machine's clock is wrong.",
    nextStep: "Check this machine's date; then whoever runs the server or the proxy has to renew the certificate.",
  },
  {
    codes: /CERT_ALTNAME_INVALID/,
    likelyCause: 'The certificate is for another host name: something else answers in place of LaunchDarkly.',
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
    likelyCause: 'The token holds a character that cannot be sent, such as a line break.',
    nextStep: 'Copy the token again.',
  },
];
