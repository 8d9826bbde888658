/** Finds out which program has a port, for the message that says so. */
import { execFile } from 'node:child_process';
import http from 'node:http';
import https from 'node:https';
import { promisify } from 'node:util';

/** Milliseconds for each question. */
const patience = 1_000;

/**
 * For the end of a sentence: "another copy of this app (node, process 4711)". Programs are named without their
 * arguments, which may hold secrets.
 */
export async function portOwner(port: number, host = '127.0.0.1'): Promise<string> {
  const [ours, program] = await Promise.all([answersAsOurs(port, host), programOn(port)]);
  return `${ours ?? 'another program'}${program ? ` (${program})` : ''}`;
}

/** This app answers `/readyz`, the sandbox has its own control API. */
async function answersAsOurs(port: number, host: string): Promise<string | undefined> {
  const address = { host: host === '0.0.0.0' ? '127.0.0.1' : host, port };
  const [overTls, plain, sandbox] = await Promise.all([
    ask(https, { ...address, path: '/readyz', rejectUnauthorized: false }),
    ask(http, { ...address, path: '/readyz' }),
    ask(http, { ...address, path: '/__sandbox/faults' }),
  ]);
  if (`${overTls}${plain}`.includes('"sessionStore"')) return 'another copy of this app, perhaps the demo';
  return sandbox?.startsWith('{') ? 'another sandbox, perhaps the demo' : undefined;
}

function ask({ get }: typeof http | typeof https, options: https.RequestOptions): Promise<string | undefined> {
  return new Promise((resolve) => {
    const request = get({ ...options, agent: false, timeout: patience }, (response) => {
      response.setEncoding('utf8').once('data', resolve).once('end', resolve);
    });
    request.on('timeout', () => request.destroy()).on('error', () => resolve(undefined));
    request.setTimeout(patience);
  });
}

/** "node, process 4711"; undefined where the system has no tool that says so, or keeps it from this user. */
async function programOn(port: number): Promise<string | undefined> {
  for (const [command, args, pattern] of tools(port)) {
    const output = await run(command, args);
    const { pid, name } = output.match(pattern)?.groups ?? {};
    if (pid) return `${name ? `${name}, ` : ''}process ${pid}`;
  }
  return undefined;
}

function tools(port: number): [string, string[], RegExp][] {
  if (process.platform === 'win32') {
    return [['netstat', ['-ano', '-p', 'TCP'], new RegExp(`:${port}\\s+\\S+\\s+LISTENING\\s+(?<pid>\\d+)`)]];
  }
  return [
    ['lsof', ['-nP', `-iTCP:${port}`, '-sTCP:LISTEN', '-Fpc'], /^p(?<pid>\d+)\nc(?<name>.*)$/m],
    ['ss', ['-Hltnp', `sport = :${port}`], /\(\("(?<name>[^"]+)",pid=(?<pid>\d+)/],
  ];
}

async function run(command: string, args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(command, args, { timeout: patience }).catch(() => ({ stdout: '' }));
  return stdout;
}
