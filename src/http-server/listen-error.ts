import { portOwner } from './port-owner.ts';

/** The app cannot listen. `code` is Node's, e.g. `EADDRINUSE`; the message says why, and what to do. */
export class ListenError extends Error {
  override readonly name = 'ListenError';
  /** For a program that ends because of it. */
  readonly exitCode = 2;
  readonly code: string;

  constructor(code: string, message: string, cause: unknown) {
    super(message, { cause });
    this.code = code;
  }
}

/** Where somebody wanted to listen, and what the settings for it are called. */
export interface Place {
  readonly port: number;
  /** Undefined for all addresses. */
  readonly host?: string | undefined;
  readonly portSetting?: string;
  readonly hostSetting?: string;
  /** Where the host was set: a file's path or `the environment`. */
  readonly hostFrom?: string | undefined;
}

/** Explains an error of `server.listen()`. */
export async function listenError(cause: unknown, place: Place): Promise<ListenError> {
  const code = (cause as NodeJS.ErrnoException).code ?? 'UNKNOWN';
  const on = place.host === undefined ? '' : ` on ${place.host}`;
  const port = `Port ${place.port}${on}`;
  return new ListenError(code, (await sentences[code]?.(port, place)) ?? `${port} cannot be opened (${code}).`, cause);
}

const another = (port: number, setting = 'PORT') =>
  `set ${setting}, e.g. ${setting}=${port < 65_535 ? port + 1 : 3000}`;

const readIn = (from: string | undefined) => (from === undefined ? '' : ` It was read in ${from}.`);

const unresolved = (_: string, { host, hostSetting = 'HOST', hostFrom }: Place) =>
  `${hostSetting}=${host} is a name that cannot be resolved here. Add it to the hosts file (/etc/hosts, on Windows C:\\Windows\\System32\\drivers\\etc\\hosts) as "127.0.0.1 ${host}", or give an address: 127.0.0.1 for this machine only, 0.0.0.0 for all. Some shells set HOST by themselves (conda does).${readIn(hostFrom)}`;

const notHere = (_: string, { host, hostSetting = 'HOST', hostFrom }: Place) =>
  `${hostSetting}=${host} is not an address of this machine. Use one that is: 127.0.0.1 for this machine only, 0.0.0.0 for all.${readIn(hostFrom)}`;

const sentences: Record<string, (described: string, place: Place) => string | Promise<string>> = {
  async EADDRINUSE(described, { port, host, portSetting = 'PORT' }) {
    const redirectUri =
      portSetting === 'PORT'
        ? ' When LD_OAUTH_REDIRECT_URI names the port, change it there too and run `npm run bootstrap`.'
        : '';
    return `${described} is taken by ${await portOwner(port, host)}. Stop that program, or choose another port: ${another(port, portSetting)}.${redirectUri}`;
  },
  EACCES(described, { port, portSetting = 'PORT' }) {
    if (port < 1024) {
      return `${described} may not be opened by this user. Choose one above 1023: set ${portSetting}, e.g. ${portSetting}=${portSetting === 'PORT' ? 3000 : 4000}, and let a proxy or a port mapping serve port ${port}.`;
    }
    return `${described} may not be opened by this user. The system reserves it (on Windows \`netsh interface ipv4 show excludedportrange protocol=tcp\` lists such ports; on Linux see net.ipv4.ip_unprivileged_port_start). Choose another port: ${another(port, portSetting)}.`;
  },
  EADDRNOTAVAIL: notHere,
  EAFNOSUPPORT: notHere,
  ENOTFOUND: unresolved,
  EAI_AGAIN: unresolved,
};
