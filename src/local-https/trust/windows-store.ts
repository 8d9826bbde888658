/** Windows: the current user's root certificates, which Edge, Chrome and (since version 120) Firefox read. The system asks for consent. */
import { runCommand } from './run-command.ts';
import type { TrustStore } from './stores.ts';

/** The list of the person who runs this. */
export function windowsStores(): TrustStore[] {
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
