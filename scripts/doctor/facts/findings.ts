import { HttpError, LaunchDarklyApiError } from '../../../src/launchdarkly/index.ts';
import type { Answer } from './calls.ts';
import type { FactName, FactValue } from './facts.ts';
import { isFact } from './facts.ts';

/** Why something could not be looked at: a sentence for the report, without any value. */
export class NotProbed extends Error {
  override readonly name = 'NotProbed';
}

/** Nothing failed: what another fact says leaves nothing to see. */
export class NotVisible extends NotProbed {}

/** An answer without its values. */
export type AnswerShape = Pick<Answer, 'status' | 'shape'> & { readonly error?: string };

/** What a run found out, as it goes. */
export interface Findings {
  readonly facts: { [Name in FactName]?: FactValue<Name> };
  readonly notProbed: Partial<Record<FactName, string>>;
  readonly answers: Record<string, AnswerShape>;
  /** Whether every probe could look. */
  complete(): boolean;
  /** Throws `NotProbed` for a value that may not stand in a report. */
  set<Name extends FactName>(name: Name, value: FactValue<Name>): void;
  note(name: string, answer: Answer): void;
  /**
   * Looks for these facts. A call that fails, or `NotProbed`, ends this probe only: the report says why what is still
   * missing was not probed. Rejects with anything else, an abort among it.
   */
  probe(names: readonly FactName[], task: () => Promise<void>): Promise<void>;
}

export function createFindings(): Findings {
  const facts: Findings['facts'] = {};
  const notProbed: Findings['notProbed'] = {};
  const answers: Findings['answers'] = {};
  let complete = true;
  return {
    facts,
    notProbed,
    answers,
    complete: () => complete,
    set(name, value) {
      if (!isFact(name, value)) throw new NotProbed('The answer was none that this report knows.');
      (facts as Record<string, unknown>)[name] = value;
    },
    note(name, { status, shape, error }) {
      answers[name] = { status, shape, ...(error && { error }) };
    },
    async probe(names, task) {
      let reason = 'The answer did not say it.';
      try {
        await task();
      } catch (error) {
        reason = reasonOf(error);
        complete &&= error instanceof NotVisible;
      }
      for (const name of names) if (!(name in facts)) notProbed[name] ??= reason;
    },
  };
}

/** Codes and statuses only: a message may quote what LaunchDarkly said. */
function reasonOf(error: unknown): string {
  if (error instanceof NotProbed) return error.message;
  if (error instanceof HttpError && error.code !== 'ABORTED') return `The probe failed: no answer (${error.code}).`;
  if (error instanceof LaunchDarklyApiError && error.code !== 'ABORTED') {
    return `The probe failed: ${error.status === undefined ? `no answer (${error.code})` : `status ${error.status}`}.`;
  }
  throw error;
}
