import type { ConfigProblem } from './config-error.ts';
import { ConfigError, configProblem } from './config-error.ts';
import type { SettingName } from './settings.ts';

/** Where values are looked up, first match wins: usually the environment, then the env file. */
export interface SettingsSource {
  readonly name: string;
  readonly values: Readonly<Record<string, string | undefined>>;
}

/** Turns text into a value, or throws an Error whose message continues "NAME …". */
export type Parse<T> = (text: string) => T;

/** RFC 6749, appendix A.1 and A.2: blanks at either end belong to them as any other character does. */
const keepsBlanks: ReadonlySet<string> = new Set(['LD_OAUTH_CLIENT_ID', 'LD_OAUTH_CLIENT_SECRET']);

/** Reads settings and gathers what is wrong with them, so that all of it is reported at once. */
export class SettingsReader {
  readonly problems: ConfigProblem[] = [];
  readonly #sources: readonly SettingsSource[];

  constructor(sources: readonly SettingsSource[]) {
    this.#sources = sources;
  }

  /** The text of a setting; an empty one counts as unset. Blanks around it go, unless they may belong to it. */
  text(name: SettingName): string | undefined {
    const text = this.#find(name)?.values[name];
    return keepsBlanks.has(name) ? text?.replace(/[\r\n]+$/, '') : text?.trim();
  }

  /** The parsed value; `fallback` when unset or wrong. */
  optional<T>(name: SettingName, parse: Parse<T>, fallback: T): T {
    const text = this.text(name);
    if (text === undefined) return fallback;
    try {
      return parse(text);
    } catch (error) {
      this.refuse(name, (error as Error).message);
      return fallback;
    }
  }

  /** The parsed value; unset is a problem too. The fallback only stands in until the report. */
  required<T>(name: SettingName, parse: Parse<T>, fallback: T): T {
    if (this.text(name) === undefined) this.refuse(name, 'is missing.');
    return this.optional(name, parse, fallback);
  }

  refuse(name: SettingName, problem: string): void {
    this.problems.push(configProblem(name, problem, this.#find(name)?.name));
  }

  /** Throws `ConfigError` when anything was wrong. */
  finish(): void {
    if (this.problems.length > 0) throw new ConfigError(this.problems);
  }

  #find(name: SettingName): SettingsSource | undefined {
    return this.#sources.find((source) => source.values[name]?.trim());
  }
}
