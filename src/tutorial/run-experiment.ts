import { once } from 'node:events';
import { createServer, type RequestListener, type Server, type ServerOptions } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type ExperimentName, experiments, type Laboratory } from './experiments.ts';
import { type Call, SandboxControls } from './sandbox-controls.ts';
import { type Places, ScriptedBrowser, type Step } from './scripted-browser.ts';

/** What came of an experiment. */
export interface Result {
  /** The answer that turned out to be true; undefined when the experiment could not be finished. */
  readonly outcome?: string;
  /** Why it could not be finished. */
  readonly problem?: string;
  /** What the browsers asked the app. */
  readonly steps: readonly Step[];
  /** What LaunchDarkly was asked meanwhile. */
  readonly calls: readonly Call[];
}

/** What the experiments need of the app. */
export interface ExperimentOptions extends Omit<Places, 'servers'> {
  /** The sandbox, as the app reaches it. */
  readonly baseUri: string;
  /** The same, as browsers reach it. */
  readonly publicBaseUri: string;
  /** The ids of the accounts whose members may log in. */
  readonly allowedAccounts: readonly string[] | '*';
  /** The running app. */
  here(): Instance;
  /** Creates another instance of it. */
  another(): Instance & { close(): unknown };
}

interface Instance {
  readonly handler: RequestListener;
  readonly messages: ServerOptions;
}

/** Runs the experiment `name`. `visitor` is left alone: no experiment is done with that e-mail address. */
export type RunExperiment = (name: ExperimentName, visitor?: string) => Promise<Result>;

/** One experiment at a time: what they switch on at the sandbox meets everybody. */
export function createExperiments(options: ExperimentOptions): RunExperiment {
  let queue: Promise<unknown> = Promise.resolve();
  return (name, visitor) => {
    const run = queue.then(() => runOne(options, name, visitor));
    queue = run;
    return run;
  };
}

async function runOne(options: ExperimentOptions, name: ExperimentName, visitor?: string): Promise<Result> {
  const sandbox = new SandboxControls(options.baseUri);
  const servers: Server[] = [];
  const steps: Step[] = [];
  const serve = async ({ messages, handler }: Instance, whenClosed: () => unknown = () => {}): Promise<Places> => {
    const server = createServer(messages, handler).once('close', whenClosed).listen(0, '127.0.0.1');
    await once(server, 'listening');
    servers.push(server);
    const { port } = server.address() as AddressInfo;
    const { origin, baseUri, publicBaseUri } = options;
    const hosts = [[origin, `http://127.0.0.1:${port}`] as const, [new URL(publicBaseUri).origin, baseUri] as const];
    return { ...options, servers: new Map(hosts) };
  };
  try {
    const since = await sandbox.last();
    const places = await serve(options.here());
    const outcome = await experiments[name]({
      browser: (who) => new ScriptedBrowser(who, places, steps),
      startSecondInstance: async () => {
        const instance = options.another();
        const others = await serve(instance, instance.close);
        return (who) => new ScriptedBrowser(who, others, steps);
      },
      sandbox,
      people: await peopleFor(options, sandbox, visitor),
    });
    return { outcome, steps, calls: await sandbox.calls(since) };
  } catch (error) {
    return { problem: (error as Error).message, steps, calls: [] };
  } finally {
    await sandbox.restore().catch(() => {}); // the sandbox was stopped
    for (const server of servers) server.close();
  }
}

async function peopleFor(
  { allowedAccounts }: ExperimentOptions,
  sandbox: SandboxControls,
  visitor: string | undefined,
): Promise<Laboratory['people']> {
  const everybody = await sandbox.personas();
  const once = everybody.filter(({ email }) => everybody.filter((other) => other.email === email).length === 1);
  const able = once.filter(
    ({ email, role, customRoles, pendingInvite, verified, removed }) =>
      email !== visitor && role !== 'no_access' && customRoles.length === 0 && verified && !pendingInvite && !removed,
  );
  const allowed = able.filter(({ accountId }) => allowedAccounts === '*' || allowedAccounts.includes(accountId));
  const [attacker, member] = [allowed[0], allowed.at(-1)];
  const stranger = able.find((one) => !allowed.includes(one));
  if (!attacker || !member || !stranger || attacker === member)
    throw new Error('The experiments need two members who may log in, and one of another account.');
  return { member, attacker, stranger };
}
