import { failedOperation } from '../launchdarkly/index.ts';
import type { Flow } from './flow.ts';
import { kindOf } from './message-notes.ts';

/**
 * At which message (its index) a login failed: a call to LaunchDarkly, LaunchDarkly's answer to the browser, or else
 * the callback, where this app checks for itself.
 */
export function failingMessage({ messages }: Flow, callbackPath: string, code: string, error: unknown): number {
  const request = messages.findLastIndex(({ from, derived }) => from === 'browser' && !derived);
  if (answerIsToBlame.test(code) && messages.length > request + 1) {
    const wanted = failedOperation(error);
    const named = messages.findLastIndex((message) => kindOf(message, callbackPath) === wanted);
    const failed = messages.findLastIndex(
      ({ from, error, answer }) => from === 'app' && (error !== undefined || (answer?.status ?? 0) >= 400),
    );
    return [named, failed].find((index) => index > request) ?? messages.length - 1;
  }
  const before = messages[request - 1];
  const refused = before?.derived && before.answer?.locationQuery.some(({ name }) => name === 'error');
  return refused ? request - 1 : request;
}

/** Failures that lie in what LaunchDarkly answered to a call. */
const answerIsToBlame = /^(client|code|profile|provider|token)_/;
