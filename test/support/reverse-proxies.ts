import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { freePort } from './free-port.ts';
import type { Program } from './program.ts';
import { follow } from './program.ts';
import { until } from './until.ts';

/** Ports on 127.0.0.1: where the proxy takes https and http, and where the app listens. */
export interface ProxyPorts {
  readonly https: number;
  readonly http: number;
  readonly app: number;
}

/** Three free ports. */
export async function freePorts(): Promise<ProxyPorts> {
  return { https: await freePort(), http: await freePort(), app: await freePort() };
}

/** A proxy as `docs/deploy` sets it up, but for names, ports and certificate. */
export interface ReverseProxy {
  readonly program: string;
  readonly packageName: string;
  /** Files to write into the proxy's folder, and the arguments to start it with. */
  configure(example: string, ports: ProxyPorts, folder: string): { files: Record<string, string>; args: string[] };
  readonly example: string;
}

const examples = path.resolve(import.meta.dirname, '../../docs/deploy');

export const nginx: ReverseProxy = {
  program: 'nginx',
  packageName: 'nginx',
  example: 'nginx.conf',
  configure(example, ports, folder) {
    const site = exchange(example, {
      'server 127.0.0.1:3000': `server 127.0.0.1:${ports.app}`,
      'listen 80;': `listen 127.0.0.1:${ports.http};`,
      'listen 443 ssl': `listen 127.0.0.1:${ports.https} ssl`,
      'server_name app.example.com': 'server_name localhost',
      '$host != app.example.com': '$host != localhost',
      'https://app.example.com$request_uri': `https://localhost:${ports.https}$request_uri`,
      '/etc/ssl/app/fullchain.pem': `${folder}/cert.pem`,
      '/etc/ssl/app/privkey.pem': `${folder}/key.pem`,
    });
    const places = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
    const main = `
      daemon off; pid ${folder}/nginx.pid; error_log stderr warn; worker_processes 1;
      events {}
      http {
        access_log off;
        ${places.map((place) => `${place}_temp_path ${folder}/${place};`).join('\n')}
        ${site}
      }`;
    return { files: { 'main.conf': main }, args: ['-p', folder, '-c', `${folder}/main.conf`] };
  },
};

export const haproxy: ReverseProxy = {
  program: 'haproxy',
  packageName: 'haproxy',
  example: 'haproxy.cfg',
  configure(example, ports, folder) {
    const config = exchange(example, {
      'bind :80': `bind 127.0.0.1:${ports.http}`,
      'bind :443': `bind 127.0.0.1:${ports.https}`,
      'redirect prefix https://app.example.com': `redirect prefix https://localhost:${ports.https}`,
      '-i app.example.com': '-i localhost',
      '/etc/ssl/app/fullchain-and-key.pem': `${folder}/both.pem`,
      '127.0.0.1:3000': `127.0.0.1:${ports.app}`,
      'inter 1s': 'inter 50ms',
    });
    return { files: { 'haproxy.cfg': config }, args: ['-f', `${folder}/haproxy.cfg`] };
  },
};

export const caddy: ReverseProxy = {
  program: 'caddy',
  packageName: 'caddy',
  example: 'Caddyfile',
  configure(example, ports, folder) {
    const site = exchange(example, {
      '{$SITE:app.example.com} {': `localhost:${ports.https} {\n\tbind 127.0.0.1\n\ttls ${folder}/cert.pem ${folder}/key.pem`,
      '{$UPSTREAMS:127.0.0.1:3000}': `127.0.0.1:${ports.app}`,
      'health_interval 1s': 'health_interval 50ms',
    });
    const options = `{\n\tadmin off\n\tstorage file_system ${folder}/caddy\n\thttp_port ${ports.http}\n\tgrace_period 1s\n}\n`;
    return {
      files: { Caddyfile: options + site },
      args: ['run', '--adapter', 'caddyfile', '--config', `${folder}/Caddyfile`],
    };
  },
};

/** Starts `proxy` with `pair` (PEM); `edit` may spoil its configuration. Resolves to how to stop it. */
export async function startReverseProxy(
  executable: string,
  proxy: ReverseProxy,
  ports: ProxyPorts,
  pair: { key: string; cert: string },
  edit: (config: string) => string = (config) => config,
): Promise<() => Promise<void>> {
  const folder = await mkdtemp(path.join(tmpdir(), `${proxy.program}-`));
  const example = await readFile(path.join(examples, proxy.example), 'utf8');
  const { files, args } = proxy.configure(example, ports, folder);
  const pems = { 'key.pem': pair.key, 'cert.pem': pair.cert, 'both.pem': `${pair.cert}\n${pair.key}` };
  for (const [name, text] of Object.entries(files)) await writeFile(path.join(folder, name), edit(text));
  for (const [name, text] of Object.entries(pems)) await writeFile(path.join(folder, name), text);
  const running = follow(
    spawn(executable, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: process.env.PATH, HOME: folder },
    }),
  );
  await opened(ports.https, running);
  return async () => {
    running.child.kill('SIGTERM');
    await running.ended;
    await rm(folder, { recursive: true, force: true });
  };
}

/** Resolves when the program listens on the port; rejects when it has ended. */
export async function opened(port: number, proxy: Program): Promise<void> {
  await until(
    () => {
      if (proxy.child.exitCode !== null) throw new Error(`The proxy ended: ${proxy.stderr}`);
      return new Promise<boolean>((resolve) => {
        const socket = connect(port, '127.0.0.1', () => resolve(true)).on('error', () => resolve(false));
        socket.once('close', () => resolve(false));
        socket.once('connect', () => socket.destroy());
      });
    },
    { everyMs: 20 },
  );
}

/**
 * Replaces each text, which must be there: an example that has changed must not pass by unnoticed. All in one pass, so that
 * no text is looked for in what another was replaced by: a free port can begin like one of the example's.
 */
export function exchange(text: string, replacements: Record<string, string>): string {
  const gone = Object.keys(replacements).find((from) => !text.includes(from));
  if (gone) throw new Error(`The example no longer says "${gone}"`);
  const anyOfThem = Object.keys(replacements).map((from) => from.replace(/[^\w\s]/g, '\\$&'));
  return text.replace(new RegExp(anyOfThem.join('|'), 'g'), (from) => replacements[from]!);
}
