import type { AppConfig, ConfigProblem } from '../config/config.ts';
import type { SettingName } from '../config/settings.ts';
import type { Http, LaunchDarkly } from '../launchdarkly/index.ts';

/** What a check found. */
export interface Finding {
  readonly status: 'ok' | 'warn' | 'failed' | 'skipped';
  /** What was seen, as a sentence. */
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
  run(setup: Setup): Promise<Finding> | Finding;
}

/** All that the checks look at. */
export interface Setup {
  /** As in `process.versions.node`. */
  readonly nodeVersion: string;
  readonly envFile: string;
  /** Where a setting is wrong, its default or nothing: ask `isWrong` before leaning on one. */
  readonly config: AppConfig;
  readonly problems: readonly ConfigProblem[];
  /** What is set for a name, wherever it is set; undefined when nothing is. */
  settingText(name: SettingName): string | undefined;
  readonly accessToken: string | undefined;
  /** Where the certificate of this machine is kept. */
  readonly certificateDirectory: string;
  readonly http: Http;
  readonly launchDarkly: LaunchDarkly;
}

export function ok(detail: string): Finding {
  return { status: 'ok', detail };
}

export function warn(detail: string, fix: string): Finding {
  return { status: 'warn', detail, fix };
}

export function failed(detail: string, fix: string): Finding {
  return { status: 'failed', detail, fix };
}

/** Not checked, because it does not apply or because another line has to be fixed first. */
export function skipped(detail: string): Finding {
  return { status: 'skipped', detail };
}

/** Whether one of these settings is among the problems, so that what depends on it cannot be judged. */
export function isWrong({ problems }: Pick<Setup, 'problems'>, ...names: readonly string[]): boolean {
  return problems.some(({ name }) => names.includes(name));
}
