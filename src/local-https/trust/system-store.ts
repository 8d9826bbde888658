/** Linux: the list of the whole machine, which curl and most programs read. Each family of distributions has its own place. */
import { existsSync } from 'node:fs';
import type { Command } from './run-command.ts';
import { showCommand } from './run-command.ts';
import type { Authority, Machine, TrustStore } from './stores.ts';

interface Family {
  readonly directory: string;
  readonly extension: 'crt' | 'pem';
  readonly refresh: Command;
  /** Where links to what was removed would stay behind otherwise. */
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

/** The one list of this machine, or none on a distribution that is not known here. */
export function systemStores({ isRoot }: Machine): TrustStore[] {
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
  return `it belongs to the administrator. If you need it: ${typed}`;
}
