#!/usr/bin/env node
import { parseArgs } from 'node:util';
import { flags, helpText, readFlags, readPort, serveUntilInterrupted } from './command-line.ts';
import { SandboxError } from './sandbox-error.ts';
import type { SandboxOptions } from './start-sandbox.ts';
import { startSandbox } from './start-sandbox.ts';

const command = 'npx launchdarkly-sandbox';

try {
  const { values } = parseArgs({ options: { ...flags, help: { type: 'boolean', short: 'h' } } });
  if (values.help) process.stdout.write(helpText(command));
  else {
    const sandbox = await startSandbox(readFlags(values, readEnvironment(process.env)));
    await serveUntilInterrupted(sandbox, { json: values.json, command });
  }
} catch (error) {
  process.exitCode = report(error as NodeJS.ErrnoException);
}

/** What may be set there, as `--help` says. An empty variable counts as not set. */
function readEnvironment(env: NodeJS.ProcessEnv): SandboxOptions {
  return {
    port: env.SANDBOX_PORT ? readPort('SANDBOX_PORT', env.SANDBOX_PORT) : undefined,
    adminToken: env.SANDBOX_ADMIN_TOKEN || undefined,
    readerToken: env.SANDBOX_READER_TOKEN || undefined,
  };
}

/** The exit code: 2 for what the caller can correct, 1 for anything else. */
function report(error: NodeJS.ErrnoException): number {
  const isUsage = error.code?.startsWith('ERR_PARSE_ARGS') ?? false;
  const isPlace = error.syscall === 'listen' || error.syscall === 'getaddrinfo';
  const message = isUsage
    ? `${usageProblem(error)}. ${command} --help shows what there is.`
    : isPlace
      ? `It cannot listen there: ${error.message}. Choose another port with --port or SANDBOX_PORT (0 picks a free one), or another --host.`
      : error.message;
  process.stderr.write(`${message}\n`);
  const code = isUsage ? 'usage' : error instanceof SandboxError ? 'sandbox' : (error.code ?? 'unexpected');
  if (process.argv.includes('--json'))
    process.stdout.write(`${JSON.stringify({ error: { code, message } })}\n`);
  return isUsage || isPlace || error instanceof SandboxError ? 2 : 1;
}

/** Without the argument itself: people paste tokens. */
function usageProblem({ code, message }: NodeJS.ErrnoException): string | undefined {
  return code === 'ERR_PARSE_ARGS_UNEXPECTED_POSITIONAL' ? 'Unexpected argument' : message.split('. ')[0];
}
