/** Linux: Chromium and Firefox keep certificates in their own NSS databases, which `certutil` edits. */
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command, Machine, TrustStore } from './trust-store.ts';
import { runCommand } from './trust-store.ts';

const CHROMIUM_DATABASES = ['.pki/nssdb', '.local/share/pki/nssdb', 'snap/chromium/current/.pki/nssdb'];
const FIREFOX_PROFILES = [
  '.mozilla/firefox',
  '.config/mozilla/firefox',
  'snap/firefox/common/.mozilla/firefox',
  '.var/app/org.mozilla.firefox/.mozilla/firefox',
];

const INSTALL_CERTUTIL =
  'changing it needs the program certutil. Install it (Debian, Ubuntu: apt install libnss3-tools; Fedora: dnf install nss-tools; Arch: pacman -S nss; openSUSE: zypper install mozilla-nss-tools) and run this again';

/** Chromium's database, created when there is none, and one for each Firefox profile. */
export async function nssStores({ home }: Machine): Promise<TrustStore[]> {
  const blocked = (await runCommand(['certutil', '-H'])).missing ? () => INSTALL_CERTUTIL : undefined;
  const chromium = CHROMIUM_DATABASES.map((path) => join(home, path)).filter(isDatabase);
  if (chromium.length === 0) chromium.push(join(home, '.pki/nssdb'));
  const firefox = await Promise.all(FIREFOX_PROFILES.map((path) => profilesIn(join(home, path))));
  return [
    ...chromium.map((directory) => nssStore('Chromium, Chrome and Edge', directory, blocked)),
    ...firefox.flat().map((directory) => nssStore('Firefox', directory, blocked)),
  ];
}

function nssStore(browsers: string, directory: string, blocked: (() => string) | undefined): TrustStore {
  const database = ['-d', `sql:${directory}`];
  const make: Command[] = isDatabase(directory)
    ? []
    : [
        ['mkdir', '-p', '-m', '700', directory],
        ['certutil', '-N', ...database, '--empty-password'],
      ];
  return {
    name: `${browsers} (${directory})`,
    forBrowsers: true,
    ...(blocked ? { blocked } : {}),
    async trusts({ name }) {
      if (blocked || !isDatabase(directory)) return false;
      const { output } = await runCommand(['certutil', '-L', ...database]);
      return output.split('\n').some((line) => line.startsWith(`${name} `) && /\sC,/.test(line));
    },
    addCommands: ({ name, file }) => [...make, ['certutil', '-A', ...database, '-t', 'C,,', '-n', name, '-i', file]],
    removeCommands: ({ name }) => [['certutil', '-D', ...database, '-n', name]],
  };
}

function isDatabase(directory: string): boolean {
  return existsSync(join(directory, 'cert9.db'));
}

async function profilesIn(directory: string): Promise<string[]> {
  const names = await readdir(directory).catch(() => []);
  return names.map((name) => join(directory, name)).filter(isDatabase);
}
