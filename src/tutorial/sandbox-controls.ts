/** A failure to switch on, as the sandbox's control API takes it. */
export interface Fault {
  readonly endpoint: string;
  readonly fault: string;
  readonly times?: number;
  readonly delayMs?: number;
}

interface Persona {
  readonly id: string;
  readonly accountId: string;
  readonly email: string;
  readonly role: string;
  readonly customRoles: readonly string[];
  readonly pendingInvite: boolean;
  readonly verified: boolean;
  readonly removed: boolean;
}

/** A request that the sandbox received. */
export interface Call {
  readonly method: string;
  readonly path: string;
  readonly status?: number | undefined;
  /** The endpoint's name in the failure menu. */
  readonly endpoint?: string | undefined;
}

/** The control API of the sandbox at `baseUri` (docs/sandbox-reference.md). Every call rejects when it does not answer. */
export class SandboxControls {
  readonly #baseUri: string;
  readonly #timeoutMs: number;
  readonly #undo: (() => Promise<unknown>)[] = [];
  #faults: readonly Fault[] | undefined;

  constructor(baseUri: string, timeoutMs = 5_000) {
    this.#baseUri = baseUri;
    this.#timeoutMs = timeoutMs;
  }

  personas(): Promise<readonly Persona[]> {
    return this.#call('GET', '/personas').then(({ personas }) => personas as Persona[]);
  }

  /** Adds a failure to those that are on. */
  async fault(fault: Fault): Promise<void> {
    const now = await this.faults();
    this.#faults ??= now;
    await this.#call('PUT', '/faults', { faults: [fault, ...now] });
  }

  /** The failures that are on. */
  faults(): Promise<readonly Fault[]> {
    return this.#call('GET', '/faults').then(({ faults }) => faults as Fault[]);
  }

  /** Leaves those failures that were on before the first of ours. */
  async clearFaults(): Promise<void> {
    if (this.#faults) await this.#call('PUT', '/faults', { faults: this.#faults });
  }

  async setSwitch(name: string, value: boolean): Promise<void> {
    const before = (await this.#call('GET', '/switches')).switches as Record<string, unknown>;
    this.#undo.push(() => this.#call('PATCH', '/switches', { [name]: before[name] }));
    await this.#call('PATCH', '/switches', { [name]: value });
  }

  async remove({ id }: Persona): Promise<void> {
    this.#undo.push(() => this.#call('PATCH', `/personas/${id}`, { removed: false }));
    await this.#call('PATCH', `/personas/${id}`, { removed: true });
  }

  /** The number of the newest request so far. */
  last(): Promise<number> {
    return this.#call('GET', '/ledger?limit=1').then(({ last }) => last as number);
  }

  /** The requests since that number which an app makes on its own, oldest first. */
  async calls(since: number): Promise<Call[]> {
    const { entries } = await this.#call('GET', `/ledger?since=${since}`);
    const all = entries as {
      request: { method: string; url: string };
      response?: { status: number };
      endpoint?: string;
    }[];
    return all
      .map(({ request, response, endpoint }) => ({
        method: request.method,
        path: new URL(request.url, this.#baseUri).pathname,
        status: response?.status,
        endpoint,
      }))
      .filter(({ endpoint }) => endpoint !== undefined && endpoint !== 'authorize' && endpoint !== 'consent')
      .reverse();
  }

  /** Takes back everything that was changed here. */
  async restore(): Promise<void> {
    await this.clearFaults();
    for (const undo of this.#undo.splice(0).reverse()) await undo();
  }

  async #call(method: string, path: string, body?: object): Promise<Record<string, unknown>> {
    const answer = await fetch(`${this.#baseUri}/__sandbox${path}`, {
      method,
      headers: { accept: 'application/json', 'content-type': 'application/json' },
      signal: AbortSignal.timeout(this.#timeoutMs),
      ...(body && { body: JSON.stringify(body) }),
    });
    if (!answer.ok) throw new Error(`The sandbox answered ${method} ${path} with ${answer.status}.`);
    return (await answer.json()) as Record<string, unknown>;
  }
}
