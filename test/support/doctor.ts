import { appendFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from '@jest/globals';
import type { Setup } from '../../scripts/doctor/check.ts';
import type { Line } from '../../scripts/doctor/run-checks.ts';
import { examine, openSetup } from '../../scripts/doctor/run-checks.ts';
import { registerClient } from '../../scripts/registration/index.ts';
import { closedPort } from './http-server.ts';
import type { RegistrationWorld } from './registration.ts';
import { registrationWorld } from './registration.ts';

/** What a doctor finds who looks at something else than the env file of a healthy world. */
export interface Circumstances {
  readonly env?: Record<string, string>;
  readonly token?: string | undefined;
  readonly setup?: Partial<Setup>;
}

/** A world in which all is well: a client registered for https on this machine, a port that is free. */
export interface DoctorWorld extends RegistrationWorld {
  readonly port: number;
  readonly certificates: string;
  clientId(): string;
  /** Every line of the report; none of them holds a secret. */
  examined(circumstances?: Circumstances): Promise<Line[]>;
  /** This check complains, with a fix like this, and no other does. */
  expectComplaint(name: string, fix: RegExp, circumstances?: Circumstances): Promise<Line>;
  /** Sets or takes away a setting of the env file. */
  set(name: string, value: string | undefined): Promise<void>;
  /** Another redirect URI, here and at LaunchDarkly. */
  moveTo(redirectUri: string): Promise<void>;
}

export async function doctorWorld(): Promise<DoctorWorld> {
  const port = await closedPort();
  const world = await registrationWorld({ text: '', redirectUri: `https://localhost:${port}/auth/callback` });
  await registerClient(world.options());
  await appendFile(world.envFile, `SESSION_STORE=file:${join(world.folder, 'sessions.db')}\n`);
  const certificates = join(world.folder, 'tls');
  const clientId = () => world.env().LD_OAUTH_CLIENT_ID ?? '';

  async function examined(circumstances: Circumstances = {}): Promise<Line[]> {
    const token = 'token' in circumstances ? circumstances.token : world.adminToken;
    const setup = openSetup({
      env: { LD_BASE_URI: undefined, ...circumstances.env, LD_ACCESS_TOKEN: token },
      envFile: world.envFile,
      certificateDirectory: certificates,
    });
    const lines: Line[] = [];
    for await (const line of examine({ ...setup, ...circumstances.setup })) lines.push(line);
    await setup.http.close();
    for (const secret of [token, setup.config.clientSecret, ...setup.config.sessionSecrets].filter(Boolean)) {
      expect(JSON.stringify(lines)).not.toContain(secret);
    }
    return lines;
  }

  async function expectComplaint(name: string, fix: RegExp, circumstances?: Circumstances): Promise<Line> {
    const lines = await examined(circumstances);
    expect(complaints(lines)).toEqual([name]);
    const line = lines.find((one) => one.name === name) as Line;
    expect(line.fix).toMatch(fix);
    expect(line.detail.length).toBeGreaterThan(10);
    return line;
  }

  async function set(name: string, value: string | undefined): Promise<void> {
    const lines = (await readFile(world.envFile, 'utf8')).split('\n').filter((line) => !line.startsWith(`${name}=`));
    if (value !== undefined) lines.splice(-1, 0, `${name}=${value}`);
    await writeFile(world.envFile, lines.join('\n'));
  }

  async function moveTo(redirectUri: string): Promise<void> {
    await set('LD_OAUTH_REDIRECT_URI', redirectUri);
    await world.options().launchDarkly.patchOAuth2Client({ apiToken: world.adminToken }, clientId(), { redirectUri });
  }

  return { ...world, port, certificates, clientId, examined, expectComplaint, set, moveTo };
}

/** The names of the checks that are not content. */
export function complaints(lines: readonly Line[]): string[] {
  return lines.filter(({ status }) => status === 'failed' || status === 'warn').map(({ name }) => name);
}
