import type { Program } from './program.ts';
import { runProgram } from './program.ts';

const room = new URL('../../src/session-store/open-session-store.ts', import.meta.url).href;
const support = new URL('./sessions.ts', import.meta.url).href;

/** Runs `body` in a process of its own, which has `store`, opened with `setting`, and the helpers of `sessions.ts`. */
export function runWithStore(setting: string, body: string, options = {}): Program {
  return runProgram(`
    import { openSessionStore } from '${room}';
    import { destroy, get, login, newSession, set } from '${support}';
    const lifetimes = { idleMs: 3_600_000, maxMs: 86_400_000, ...${JSON.stringify(options)} };
    const store = await openSessionStore(${JSON.stringify(setting)}, lifetimes);
    ${body}`);
}
