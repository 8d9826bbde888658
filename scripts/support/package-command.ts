#!/usr/bin/env node
/** The command of the npm package `log-in-with-launchdarkly`, for the project in whose folder it is called. */
const commands: Readonly<Record<string, () => Promise<unknown>>> = {
  bootstrap: () => import('../bootstrap.ts'),
  clients: () => import('../clients.ts'),
  doctor: () => import('../doctor.ts'),
};

const usage = `npx log-in-with-launchdarkly bootstrap   register this app at LaunchDarkly and save its settings in .env
npx log-in-with-launchdarkly clients     list, show, update, rotate or delete OAuth2 clients
npx log-in-with-launchdarkly doctor      check the whole set-up

Each has --help.
`;

const [name = '--help'] = process.argv.splice(2, 1);
const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
if (name === 'doctor') process.argv.push('--own-app');
if (name === 'doctor' && process.argv.includes('--login')) {
  process.stderr.write(
    'The facts report needs more than this package brings. The doctor in a clone of the repository makes it.\n',
  );
  process.exitCode = 2;
} else if (command) await command();
else if (name === '--help' || name === '-h') process.stdout.write(usage);
else {
  process.stderr.write(`There is no such command. There are:\n\n${usage}`);
  process.exitCode = 2;
}
