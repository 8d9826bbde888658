import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { follow, type Program } from './program.ts';

/** What stands for a container: a network of its own, in which a port of 127.0.0.1 is not the host's. */
export interface Namespace {
  /** Its address on the network that it shares with the others. */
  readonly address: string;
  /** Starts a program in it. */
  run(command: string, args: readonly string[], options: { cwd: string; env: NodeJS.ProcessEnv }): Program;
  /** Makes `name` an alias of an address inside of it, as a compose network does. */
  alias(name: string, address: string): void;
  /** Makes a port of it reachable at the same port of the host's 127.0.0.1, as `ports:` in a compose file does. */
  publish(port: number): Promise<void>;
}

const ip = (...args: string[]) => execFileSync('ip', args, { stdio: 'pipe' });

/** Whether this user may make network namespaces. */
export function mayMakeNamespaces(): boolean {
  const name = `probe-${process.pid}`;
  try {
    ip('netns', 'add', name);
    ip('netns', 'delete', name);
    return true;
  } catch {
    return false;
  }
}

/** Makes two namespaces with a link between them, and one from each to the host. */
export async function twoNamespaces(): Promise<{ first: Namespace; second: Namespace; close(): Promise<void> }> {
  const closing: (() => unknown)[] = [];
  const id = String(process.pid % 100_000);
  const names = [`a${id}`, `b${id}`] as const;
  const net = `10.213.${process.pid % 250}`;
  let links = 0;

  /** A link of two ends. Each end is in a namespace or, without one, on the host. */
  function link(left: { name?: string; address: string }, right: { name: string; address: string }): void {
    const number = links++;
    const ends = [left, right].map((end, index) => ({ ...end, device: `v${number}${index}-${id}` }));
    const [{ device } = { device: '' }, { device: peer } = { device: '' }] = ends;
    ip('link', 'add', device, 'type', 'veth', 'peer', 'name', peer);
    for (const end of ends) {
      if (end.name) ip('link', 'set', end.device, 'netns', end.name);
      const inside = end.name ? ['-n', end.name] : [];
      ip(...inside, 'address', 'add', `${end.address}/30`, 'dev', end.device);
      ip(...inside, 'link', 'set', end.device, 'up');
    }
  }

  function namespace(name: string, address: string, fromHost: string): Namespace {
    ip('netns', 'add', name);
    ip('-n', name, 'link', 'set', 'lo', 'up');
    const folder = `/etc/netns/${name}`;
    mkdirSync(folder, { recursive: true });
    const hosts = ['127.0.0.1 localhost'];
    const writeHosts = () => writeFileSync(`${folder}/hosts`, `${hosts.join('\n')}\n`);
    writeHosts();
    closing.push(() => {
      ip('netns', 'delete', name);
      rmSync(folder, { recursive: true });
    });
    return {
      address,
      run(command, args, options) {
        const program = follow(spawn('ip', ['netns', 'exec', name, command, ...args], options));
        closing.push(async () => {
          program.child.kill('SIGKILL');
          await program.ended;
        });
        return program;
      },
      alias(alias, to) {
        hosts.push(`${to} ${alias}`);
        writeHosts();
      },
      async publish(port) {
        const server = createServer((incoming) => {
          const outgoing = connect(port, fromHost);
          for (const socket of [incoming, outgoing]) socket.on('error', () => {});
          incoming.pipe(outgoing).pipe(incoming);
          incoming.on('close', () => outgoing.destroy());
        }).listen(port, '127.0.0.1');
        await once(server, 'listening');
        closing.push(() => server.close());
      },
    };
  }

  const first = namespace(names[0], `${net}.9`, `${net}.2`);
  const second = namespace(names[1], `${net}.10`, `${net}.6`);
  link({ address: `${net}.1` }, { name: names[0], address: `${net}.2` });
  link({ address: `${net}.5` }, { name: names[1], address: `${net}.6` });
  link({ name: names[0], address: `${net}.9` }, { name: names[1], address: `${net}.10` });
  return {
    first,
    second,
    async close() {
      for (const close of closing.reverse()) await close();
    },
  };
}
