/**
 * Which lists of trusted certificate authorities (CAs) the browsers and programs of this machine use, and the commands
 * that add the local CA or remove it. Nothing is changed here: the caller shows the commands first, then runs them.
 */
import { createHash, X509Certificate } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { nssStores } from './nss-store.ts';
import type { Authority, Command, Machine, TrustStore } from './trust-store.ts';
import { runCommand, showCommand } from './trust-store.ts';

/** The lists on `machine`. Missing ones are left out; those that cannot be changed say why. */
export async function trustStores(machine: Machine): Promise<TrustStore[]> {
  if (machine.platform === 'darwin') return macosStores(machine);
  if (machine.platform === 'win32') return windowsStores();
  return [...(await nssStores(machine)), ...(machine.includeSystem ? await systemStores(machine) : [])];
}

/** Describes the CA certificate `pem`, stored in `file`. */
export function describeAuthority(pem: string, file: string): Authority {
  const certificate = new X509Certificate(pem);
  const name = /^CN=(.+)$/m.exec(certificate.subject)?.[1] ?? certificate.subject;
  return { name, sha1: createHash('sha1').update(certificate.raw).digest('hex').toUpperCase(), file };
}

/** The login keychain, which Safari, Chrome and (since version 120) Firefox use. macOS asks for the password. */
function macosStores({ home }: Machine): TrustStore[] {
  const keychain = join(home, 'Library/Keychains/login.keychain-db');
  return [
    {
      name: `Safari, Chrome, Edge and Firefox (${keychain})`,
      forBrowsers: true,
      async trusts({ name, sha1 }) {
        const { output } = await runCommand(['security', 'find-certificate', '-a', '-Z', '-c', name, keychain]);
        return output.toUpperCase().includes(sha1);
      },
      addCommands: ({ file }) => [
        ['security', 'add-trusted-cert', '-r', 'trustRoot', '-p', 'ssl', '-k', keychain, file],
      ],
      removeCommands: ({ sha1 }) => [['security', 'delete-certificate', '-t', '-Z', sha1, keychain]],
    },
  ];
}

/** The current user's root certificates, which Edge, Chrome and (since version 120) Firefox use. Windows asks for consent. */
function windowsStores(): TrustStore[] {
  return [
    {
      name: 'Edge, Chrome and Firefox (root certificates of this user)',
      forBrowsers: true,
      trusts: async ({ sha1 }) => (await runCommand(['certutil', '-user', '-store', 'Root', sha1])).ok,
      addCommands: ({ file }) => [['certutil', '-user', '-addstore', 'Root', file]],
      removeCommands: ({ sha1 }) => [['certutil', '-user', '-delstore', 'Root', sha1]],
    },
  ];
}

/** A family of Linux distributions: where it keeps the system-wide list, which curl and most programs use. */
interface Family {
  readonly directory: string;
  readonly extension: 'crt' | 'pem';
  readonly refresh: Command;
  /** Set where `refresh` would leave links to removed certificates behind. */
  readonly refreshAfterRemoval?: Command;
}

const FAMILIES: Family[] = [
  {
    directory: '/usr/local/share/ca-certificates',
    extension: 'crt',
    refresh: ['update-ca-certificates'],
    refreshAfterRemoval: ['update-ca-certificates', '--fresh'],
  },
  {
    directory: '/etc/pki/ca-trust/source/anchors',
    extension: 'pem',
    refresh: ['update-ca-trust', 'extract'],
  },
  {
    directory: '/etc/ca-certificates/trust-source/anchors',
    extension: 'pem',
    refresh: ['trust', 'extract-compat'],
  },
  { directory: '/usr/share/pki/trust/anchors', extension: 'pem', refresh: ['update-ca-certificates'] },
];

/** The system-wide list, or none on an unknown distribution. */
function systemStores({ isRoot }: Machine): TrustStore[] {
  const family = FAMILIES.find(({ directory }) => existsSync(directory));
  if (!family) return [];
  const fileOf = ({ name }: Authority) =>
    `${family.directory}/${name.replaceAll(' ', '-').toLowerCase()}.${family.extension}`;
  return [
    {
      name: `curl and other programs (${family.directory})`,
      forBrowsers: false,
      ...(isRoot ? {} : { blocked: needsRights }),
      trusts: async (authority) => existsSync(fileOf(authority)),
      addCommands: (authority) => [['install', '-m', '644', authority.file, fileOf(authority)], family.refresh],
      removeCommands: (authority) => [['rm', '-f', fileOf(authority)], family.refreshAfterRemoval ?? family.refresh],
    },
  ];
}

function needsRights(commands: readonly Command[]): string {
  const typed = commands.map((command) => `sudo ${showCommand(command)}`).join(' && ');
  return `it needs administrator rights. If you need it: ${typed}`;
}
