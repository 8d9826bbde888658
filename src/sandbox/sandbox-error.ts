/** A wrong use of the sandbox's controls or options, said in a sentence to whoever made it. */
export class SandboxError extends Error {
  override readonly name = 'SandboxError';
}
