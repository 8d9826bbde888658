/**
 * Which lists of trusted certificate authorities (CAs) this machine's browsers and programs use, and the commands that put
 * the local CA there or take it away. Nothing is changed here: the caller shows the commands first and runs them.
 */
import { createHash, X509Certificate } from 'node:crypto';
import { macosStores } from './macos-store.ts';
import { nssStores } from './nss-store.ts';
import type { Command } from './run-command.ts';
import { systemStores } from './system-store.ts';
import { windowsStores } from './windows-store.ts';

/** The CA as the lists know it. */
export interface Authority {
  /** Its common name, which no other CA bears. */
  readonly name: string;
  /** SHA-1 of the certificate in capital hexadecimal digits: how macOS and Windows look certificates up. */
  readonly sha1: string;
  /** File that holds the certificate in PEM. */
  readonly file: string;
}

/** One list of trusted CAs. */
export interface TrustStore {
  /** What it is, for people: `Chromium, Chrome and Edge (/home/me/.pki/nssdb)`. */
  readonly name: string;
  /** Whether browsers read it. */
  readonly forBrowsers: boolean;
  /** Says why `commands` cannot be run from here, and what to do; absent when they can. */
  readonly blocked?: (commands: readonly Command[]) => string;
  trusts(authority: Authority): Promise<boolean>;
  addCommands(authority: Authority): Command[];
  removeCommands(authority: Authority): Command[];
}

/** Where to look; the real machine by default in the script, something else in tests. */
export interface Machine {
  /** `process.platform`. */
  readonly platform: string;
  /** The home directory whose browsers are meant. */
  readonly home: string;
  /** Whether the process may change what belongs to the whole machine. */
  readonly isRoot: boolean;
  /** Whether the list of the whole machine is wanted besides those of the browsers. */
  readonly includeSystem: boolean;
}

/** The lists on `machine`. Those that do not exist are left out, those that cannot be changed say why. */
export async function trustStores(machine: Machine): Promise<TrustStore[]> {
  if (machine.platform === 'darwin') return macosStores(machine);
  if (machine.platform === 'win32') return windowsStores();
  return [...(await nssStores(machine)), ...(machine.includeSystem ? await systemStores(machine) : [])];
}

/** What the lists need to know of the CA certificate `pem`, kept in `file`. */
export function describeAuthority(pem: string, file: string): Authority {
  const certificate = new X509Certificate(pem);
  const name = /^CN=(.+)$/m.exec(certificate.subject)?.[1] ?? certificate.subject;
  return { name, sha1: createHash('sha1').update(certificate.raw).digest('hex').toUpperCase(), file };
}
