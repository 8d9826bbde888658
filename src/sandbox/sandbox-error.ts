/** A wrong use of the sandbox's controls or options, with a message for the person who made it. */
export class SandboxError extends Error {
  override readonly name = 'SandboxError';
}
