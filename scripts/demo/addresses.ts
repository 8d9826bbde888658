import type { DemoConfig } from '../../src/config/config.ts';
import { forwardedUrl } from '../../src/config/surroundings.ts';
import { UsageError } from '../support/usage.ts';
import { freeSandboxPort } from './ports.ts';

/** Where the demo is, for the browser and for this machine. */
export interface Addresses {
  /** What people open. */
  readonly app: string;
  readonly appPort: number;
  /** Where the browser finds the sandbox. */
  readonly sandbox: string;
  readonly sandboxPort: number;
  /** Where the app finds it: a forwarder may want its user to be logged in, which the app is not. */
  readonly sandboxHere: string;
}

/** The URLs that the command line names. */
export interface PublicUrls {
  readonly 'public-url'?: string | undefined;
  readonly 'sandbox-url'?: string | undefined;
}

/** Throws `UsageError` when a public URL is wrong, or one is missing. */
export async function readAddresses(
  { appPort, sandbox: { port }, anySandboxPort }: DemoConfig,
  { 'public-url': appUrl, 'sandbox-url': sandboxUrl }: PublicUrls,
): Promise<Addresses> {
  const givenApp = appUrl === undefined ? undefined : readOrigin('--public-url', appUrl, ['https:']);
  const givenSandbox =
    sandboxUrl === undefined ? undefined : readOrigin('--sandbox-url', sandboxUrl, ['https:', 'http:']);
  const sandboxPort = anySandboxPort || port === 0 ? await freeSandboxPort(port) : port;
  const sandboxHere = `http://127.0.0.1:${sandboxPort}`;
  const sandbox = givenSandbox ?? forwardedUrl(sandboxPort) ?? sandboxHere;
  const app = givenApp ?? forwardedUrl(appPort) ?? `https://localhost:${appPort}`;
  if (!isLocal(app) && isLocal(sandbox)) {
    throw new UsageError(
      `A browser that opens ${app} cannot reach the sandbox at ${sandbox}. Add --sandbox-url with the URL at which it can.`,
    );
  }
  return { app, appPort, sandbox, sandboxPort, sandboxHere };
}

/** Whether it is this machine's own name, or the end of an ssh tunnel: TLS is then the app's own. */
export function isLocal(url: string): boolean {
  return /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(new URL(url).hostname);
}

function readOrigin(option: string, text: string, protocols: readonly string[]): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url && protocols.includes(url.protocol) && [url.origin, `${url.origin}/`].includes(text)) return url.origin;
  const kinds = protocols.map((protocol) => protocol.slice(0, -1)).join(' or ');
  throw new UsageError(`${option} must be an ${kinds} URL without a path, such as https://app.example.dev.`);
}
