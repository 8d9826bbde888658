import { readFileSync } from 'node:fs';
import type { ExperimentName } from './experiments.ts';
import type { Result } from './run-experiment.ts';
import type { Excerpt } from './source-code.ts';

/** The texts of an experiment, from views/experiments.json. */
export interface ExperimentText {
  readonly name: ExperimentName;
  readonly title: string;
  readonly story: string;
  /** What may come of it, by outcome. */
  readonly answers: Readonly<Record<string, string>>;
  /** The outcome while nothing is broken. */
  readonly expected: string;
  readonly happened: string;
  readonly caught: string;
  readonly source: { readonly file: string; readonly name: string };
}

/** An experiment that was run, as its page shows it. */
export interface ExperimentRun extends Result {
  /** The outcome that the visitor predicted. */
  readonly guess?: string | undefined;
  readonly code?: Excerpt | undefined;
}

/** Every experiment, in the order of its page. */
export function readExperimentTexts(): readonly ExperimentText[] {
  return JSON.parse(readFileSync(new URL('../../views/experiments.json', import.meta.url), 'utf8'));
}
