/** macOS: the login keychain, which Safari, Chrome and (since version 120) Firefox read. The system asks for a password. */
import { join } from 'node:path';
import { runCommand } from './run-command.ts';
import type { Machine, TrustStore } from './stores.ts';

/** The keychain of the person who runs this. */
export function macosStores({ home }: Machine): TrustStore[] {
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
