import type { ScriptConfig } from '../../src/config/config.ts';
import type { Http, LaunchDarkly } from '../../src/launchdarkly/index.ts';
import { createHttp, createLaunchDarkly } from '../../src/launchdarkly/index.ts';

/** Calls of scripts may wait longer than those of a login: a rate limit's window is some ten seconds long. */
const timeoutMs = 30_000;

/** Connects to the LaunchDarkly that the settings name. The caller closes `http`. */
export function connect({ baseUri, outgoing }: Pick<ScriptConfig, 'baseUri' | 'outgoing'>): {
  launchDarkly: LaunchDarkly;
  http: Http;
} {
  const http = createHttp({ timeoutMs, ...outgoing });
  return { launchDarkly: createLaunchDarkly({ baseUri, http }), http };
}
