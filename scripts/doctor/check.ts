import type { AppConfig, ConfigProblem } from '../../src/config/config.ts';
import type { SettingName } from '../../src/config/settings.ts';
import type { Http, LaunchDarkly } from '../../src/launchdarkly/index.ts';

/** The result of a check. */
export interface Finding {
  readonly status: 'ok' | 'warn' | 'failed' | 'skipped';
  /** What was found, as a sentence. */
  readonly detail: string;
  /** What to do about it; only with `warn` and `failed`. */
  readonly fix?: string;
}

/** One line of the doctor's report. */
export interface Check {
  /** Stable, for programs: `client-secret`. */
  readonly name: string;
  /** What is checked, for people. */
  readonly title: string;
  /** Settings the check depends on. It is skipped while one of them is wrong. */
  readonly needs?: readonly SettingName[];
  run(setup: Setup): Promise<Finding> | Finding;
}

/** Everything the checks look at. */
export interface Setup {
  /** As in `process.versions.node`. */
  readonly nodeVersion: string;
  readonly envFile: string;
  /** Where a setting is wrong, its default or an empty value; see `Check.needs`. */
  readonly config: AppConfig;
  readonly problems: readonly ConfigProblem[];
  /** The text of a setting, wherever it is set; undefined when it is not set. */
  settingText(name: SettingName): string | undefined;
  readonly accessToken: string | undefined;
  /** Where the certificate of this machine is kept. */
  readonly certificateDirectory: string;
  readonly http: Http;
  readonly launchDarkly: LaunchDarkly;
}

/** All is well. */
export function ok(detail: string): Finding {
  return { status: 'ok', detail };
}

/** Works, but should be changed. */
export function warn(detail: string, fix: string): Finding {
  return { status: 'warn', detail, fix };
}

/** Does not work. */
export function failed(detail: string, fix: string): Finding {
  return { status: 'failed', detail, fix };
}

/** Not checked: it does not apply, or another line has to be fixed first. */
export function skipped(detail: string): Finding {
  return { status: 'skipped', detail };
}

/** A failure whose message says first what is wrong, then what to do. */
export function failedWith(error: unknown): Finding {
  const message = error instanceof Error ? error.message : String(error);
  const [what = '', ...fix] = message.split(/(?<=\.) /);
  return failed(what, fix.join(' '));
}
