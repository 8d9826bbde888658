/** The likely cause of a failure, and what to do: one or two sentences each. */
export interface Explanation {
  readonly likelyCause: string;
  readonly nextStep: string;
}

/** Explains a connection that failed with `code`, as Node, undici or `HttpError` name it. */
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
    likelyCause: "The certificate is not valid today: it has ended, or this machine's clock is wrong.",
    nextStep:
      "Check this machine's date; the administrator of the server or the proxy may have to renew the certificate.",
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
