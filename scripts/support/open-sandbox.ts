import { listenError } from '../../src/http-server/listen-error.ts';
import type { Sandbox, SandboxOptions } from '../../src/sandbox/start-sandbox.ts';
import { startSandbox } from '../../src/sandbox/start-sandbox.ts';

/** Starts the sandbox. Throws `SandboxError`, and `ListenError` when it cannot listen; both messages are for people. */
export async function openSandbox(options: SandboxOptions): Promise<Sandbox> {
  try {
    return await startSandbox(options);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).syscall !== 'listen' && !isLookup(error)) throw error;
    const { port = 4000, host } = options;
    throw await listenError(error, { port, host, portSetting: 'SANDBOX_PORT', hostSetting: '--host' });
  }
}

function isLookup(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).syscall === 'getaddrinfo';
}
