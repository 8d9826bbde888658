import type { ConfigInput } from '../../src/config/config.ts';
import { checkAppConfig } from '../../src/config/config.ts';
import type { SettingName } from '../../src/config/settings.ts';
import { SettingsReader } from '../../src/config/settings-reader.ts';
import { createHttp, createLaunchDarkly } from '../../src/launchdarkly/index.ts';
import { portFreeOrOurs, publicAddress, redirectHost, redirectUriLegal } from './address-checks.ts';
import { nothingUnfinished, proxyKeepsCookies, sessionStoreWritable } from './app-checks.ts';
import { certificateTrusted, certificateValid } from './certificate-checks.ts';
import type { Check, Finding, Setup } from './check.ts';
import { failed, skipped } from './check.ts';
import { accessTokenAdmin, clientExists, clientRedirectUri, clientSecretValid } from './client-checks.ts';
import {
  envFilePresent,
  envFilePrivate,
  nodeVersion,
  settingsComplete,
  settingsFilledIn,
  settingsValid,
} from './environment-checks.ts';
import { clock, launchDarklyReachable, serverMetadata } from './launchdarkly-checks.ts';

/** Every line of the report, in the order in which a login depends on it. */
export const checks: readonly Check[] = [
  nodeVersion,
  envFilePresent,
  envFilePrivate,
  settingsComplete,
  settingsFilledIn,
  settingsValid,
  redirectUriLegal,
  redirectHost,
  certificateValid,
  certificateTrusted,
  portFreeOrOurs,
  launchDarklyReachable,
  clock,
  serverMetadata,
  accessTokenAdmin,
  clientExists,
  clientRedirectUri,
  clientSecretValid,
  nothingUnfinished,
  sessionStoreWritable,
  proxyKeepsCookies,
  publicAddress,
];

/** A finding and the check it came from. */
export type Line = Finding & Pick<Check, 'name' | 'title'>;

/** What another app that uses the same login does in its own way. */
const onlySampleApp: readonly Check[] = [
  certificateValid,
  certificateTrusted,
  portFreeOrOurs,
  sessionStoreWritable,
  proxyKeepsCookies,
];

/** Runs the checks, one after the other. A check that throws is reported as a finding. */
export async function* examine(setup: Setup, { ownApp = false } = {}): AsyncGenerator<Line> {
  for (const check of ownApp ? checks.filter((check) => !onlySampleApp.includes(check)) : checks) {
    const { name, title } = check;
    yield { name, title, ...(await findingOf(check, setup)) };
  }
}

/** Reads the settings and prepares the calls to LaunchDarkly. The caller closes `http`. */
export function openSetup(
  input: ConfigInput & { readonly envFile: string; readonly certificateDirectory: string },
): Setup {
  const { config, problems } = checkAppConfig(input);
  const settings = new SettingsReader(input);
  const http = createHttp({ ...config.outgoing });
  return {
    nodeVersion: process.versions.node,
    envFile: input.envFile,
    config,
    problems,
    settingText: (name: SettingName) => settings.text(name),
    accessToken: settings.text('LD_ACCESS_TOKEN'),
    certificateDirectory: input.certificateDirectory,
    http,
    launchDarkly: createLaunchDarkly({ baseUri: config.baseUri, http }),
  };
}

async function findingOf(check: Check, setup: Setup): Promise<Finding> {
  const wrong = check.needs?.filter((name) => setup.problems.some((problem) => problem.name === name)) ?? [];
  if (wrong.length > 0) return skipped(`fix ${wrong.join(', ')} first`);
  try {
    return await check.run(setup);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return failed(`The check itself failed: ${why}`, 'Please report this as a bug of the doctor.');
  }
}
