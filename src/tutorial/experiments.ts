import { setTimeout as sleep } from 'node:timers/promises';
import type { SandboxControls } from './sandbox-controls.ts';
import type { ScriptedBrowser } from './scripted-browser.ts';

/** What an experiment works with. */
export interface Laboratory {
  /** A fresh browser. Its name is for the list of what was sent. */
  browser(who: string): ScriptedBrowser;
  /** Starts a second instance of the app, with the same sessions. Resolves to the same for browsers that open it. */
  startSecondInstance(): Promise<Laboratory['browser']>;
  readonly sandbox: SandboxControls;
  /** Two members who may log in, and one of an account that may not. */
  readonly people: { readonly member: Person; readonly attacker: Person; readonly stranger: Person };
}

type Person = Awaited<ReturnType<SandboxControls['personas']>>[number];

const foreign = 'https://attacker.example';

/** What can be tried. Each resolves to the answer, of those in views/experiments.json, that turned out to be true. */
export const experiments = {
  async 'wrong-state'({ browser, people }) {
    const one = browser('Browser');
    const callback = await one.authorize(people.member.email);
    callback.searchParams.set('state', 'a-state-that-this-app-never-sent');
    await one.open(callback);
    return (await one.member()) ? 'logged-in' : 'refused';
  },

  async 'foreign-link'({ browser, people }) {
    const link = await browser('Attacker').authorize(people.attacker.email);
    const victim = browser('Victim');
    await victim.open(link);
    return (await victim.member()) ? 'as-attacker' : 'refused';
  },

  async 'code-twice'({ browser, sandbox, people }) {
    const one = browser('Browser');
    const other = browser('Another browser');
    const callback = await one.authorize(people.member.email);
    const since = await sandbox.last();
    await one.open(callback);
    await one.open(callback);
    await other.open(callback);
    const redeemed = (await callsOf('token', sandbox, since)).length;
    if (redeemed > 1 || (await other.member())) return 'twice';
    return (await one.member()) ? 'once' : 'failed';
  },

  async 'stolen-code'({ browser, people }) {
    const stolen = await browser('Victim').authorize(people.member.email);
    const attacker = browser('Attacker');
    const callback = await attacker.authorize(people.attacker.email);
    callback.searchParams.set('code', stolen.searchParams.get('code') ?? '');
    await attacker.open(callback);
    return (await attacker.member()) ? 'logged-in' : 'refused';
  },

  async 'other-issuer'({ browser, people }) {
    const one = browser('Browser');
    const callback = await one.authorize(people.member.email);
    callback.searchParams.set('iss', foreign);
    await one.open(callback);
    return (await one.member()) ? 'logged-in' : 'refused';
  },

  async 'foreign-return'({ browser, people }) {
    const one = browser('Browser');
    const ends = [];
    for (const returnTo of [`${foreign}/`, '//attacker.example/', '/\\attacker.example'])
      ends.push(await one.logIn(people.member.email, returnTo));
    if (ends.some(({ location, url }) => location?.origin !== url.origin)) return 'elsewhere';
    return (await one.member()) ? 'home' : 'refused';
  },

  async 'stolen-cookie'({ browser, people }) {
    const victim = browser('Victim');
    const thief = browser('Thief');
    await victim.logIn(people.member.email);
    thief.stealCookies(victim);
    const before = await thief.member();
    await victim.logOut();
    const after = await thief.member();
    if (after) return 'after-logout';
    return before ? 'until-logout' : 'refused';
  },

  async 'removed-member'({ browser, sandbox, people }) {
    const one = browser('Browser');
    await one.logIn(people.member.email);
    await sandbox.remove(people.member);
    await one.open('/projects');
    return (await one.member()) ? 'stays' : 'out';
  },

  async 'other-account'({ browser, sandbox, people }) {
    await sandbox.setSwitch('verifiedClients', true);
    const one = browser('Browser');
    await one.logIn(people.stranger.email);
    return (await one.member()) ? 'logged-in' : 'refused';
  },

  async 'provider-down'({ browser, sandbox, people }) {
    const member = browser('Member');
    const newcomer = browser('Newcomer');
    await member.logIn(people.attacker.email);
    const callback = await newcomer.authorize(people.member.email);
    await sandbox.fault({ endpoint: '*', fault: 'http_503' });
    await newcomer.open(callback);
    const stays = await member.member();
    await sandbox.clearFaults();
    await newcomer.logIn(people.member.email);
    if (!stays) return 'everybody-out';
    return (await newcomer.member()) ? 'only-new-logins' : 'failed';
  },

  async 'refresh-twice'({ browser, startSecondInstance, sandbox, people }) {
    const browserThere = await startSecondInstance();
    await sandbox.fault({ endpoint: 'token', fault: 'short_lifetimes', times: 1 });
    const first = browser('First instance');
    await first.logIn(people.member.email);
    const second = browserThere('Second instance');
    second.stealCookies(first);
    await sleep(4_700); // tokens live five seconds and are replaced a little earlier
    const since = await sandbox.last();
    const members = await Promise.all([first, second, first, second].map((one) => one.member()));
    if (members.some((member) => !member)) return 'logged-out';
    return (await callsOf('refresh', sandbox, since)).length === 1 ? 'once' : 'each';
  },

  async 'slow-logout'({ browser, sandbox, people }) {
    const one = browser('Browser');
    await one.logIn(people.member.email);
    await sandbox.fault({ endpoint: 'projects', fault: 'revoked_token', times: 1 });
    await sandbox.fault({ endpoint: 'refresh', fault: 'slow', delayMs: 1_500, times: 1 });
    await sandbox.fault({ endpoint: 'revoke', fault: 'slow', delayMs: 3_000, times: 1 });
    const slow = one.open('/projects');
    await sleep(500);
    const stale = browser('The same browser, with the cookie it had');
    stale.stealCookies(one);
    await one.logOut();
    await slow;
    return (await stale.member()) ? 'back-in' : 'out';
  },
} satisfies Record<string, (laboratory: Laboratory) => Promise<string>>;

/** The name of an experiment. */
export type ExperimentName = keyof typeof experiments;

async function callsOf(endpoint: string, sandbox: SandboxControls, since: number) {
  return (await sandbox.calls(since)).filter((call) => call.endpoint === endpoint);
}
