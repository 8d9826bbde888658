import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { DEFAULT_SEED } from '../../src/sandbox/default-seed.ts';
import { ENDPOINT_NAMES } from '../../src/sandbox/faults/endpoints.ts';
import { FAULT_KINDS, FAULT_NAMES } from '../../src/sandbox/faults/fault-menu.ts';
import { PRESET_NAMES, PRESETS } from '../../src/sandbox/faults/presets.ts';
import type { Sandbox } from '../../src/sandbox/start-sandbox.ts';
import { startSandbox } from '../../src/sandbox/start-sandbox.ts';
import { SWITCH_FIELDS, SWITCH_NAMES } from '../../src/sandbox/switch-fields.ts';
import { DEFAULT_SWITCHES } from '../../src/sandbox/switches.ts';
import { markedBlock, read, root } from '../support/documents.ts';
import { describeWith } from '../support/when-installed.ts';

const run = promisify(execFile);
const guide = 'docs/sandbox.md';
const reader = 'ariel.reader@acme.example';
let sandbox: Sandbox;

beforeAll(async () => {
  sandbox = await startSandbox({ port: 0, autoApprove: true });
});
beforeEach(() => sandbox.reset());
afterAll(() => sandbox.close());

/** Runs a program with the two variables that the guide expects, and gives what it printed. */
async function output(program: string, args: readonly string[]): Promise<string> {
  const env = { PATH: process.env.PATH, SANDBOX: sandbox.url, ADMIN_TOKEN: sandbox.adminToken };
  const { stdout } = await run(program, args, { cwd: root, env, timeout: 15_000 });
  return stdout.trim();
}

describe('docs/sandbox.md, executed', () => {
  describeWith('curl', 'curl', 'its commands', () => {
    test('those of the login log a member in', async () => {
      const script = markedBlock(guide, 'run', 'curl').text;
      const member = JSON.parse(await output('sh', ['-euc', script]));
      expect(member.email).toBe(reader);
    });

    test('those of the tenants start one', async () => {
      const script = markedBlock(guide, 'run', 'tenants').text;
      const tenant = JSON.parse(await output('sh', ['-euc', script]));
      const state = await fetch(`${tenant.url}/__sandbox/state`);
      expect(await state.json()).toMatchObject({ switches: { accessTokenLifetime: 60 }, clients: [] });
    });

    test('those of the controls do what they say', async () => {
      const printed = await output('sh', ['-euc', markedBlock(guide, 'run', 'control').text]);
      expect(printed).toMatch(/\b503\b/);
      expect(printed).toContain('"fault":"http_503"');
      expect(printed).toContain('"role":"writer"');
      expect(printed).toContain('"accessTokenLifetime":60');
      expect(printed).toContain('"aheadMs":3600000');
      expect(sandbox.faults()).toEqual([]);
    });
  });

  test('its Node.js program logs a member in', async () => {
    const script = markedBlock(guide, 'run', 'node').text;
    expect(await output(process.execPath, ['--input-type=module', '-e', script])).toBe(reader);
  });

  describeWith('python3', 'python3', 'its Python program', (python) => {
    test('logs a member in', async () => {
      expect(await output(python, ['-c', markedBlock(guide, 'run', 'python').text])).toBe(reader);
    });
  });

  test('its seed file is one', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'seed-'));
    const seedFile = path.join(folder, 'seed.json');
    await writeFile(seedFile, markedBlock(guide, 'run', 'seed').text);
    const mine = await startSandbox({ port: 0, seedFile });
    expect(mine.personas().map(({ email }) => email)).toEqual(['me@mine.example', 'guest@mine.example']);
    expect(mine.state().clients.map(({ id }) => id)).toEqual(['my-app']);
    await mine.close();
    await rm(folder, { recursive: true });
  });
});

describe('docs/sandbox-reference.md', () => {
  const sections = new Map(
    read('docs/sandbox-reference.md')
      .split(/^## /m)
      .map((section) => [section.split('\n')[0], section]),
  );
  /** The first two cells of each row of a section's table, without backticks. */
  const rows = (section: string) =>
    [...(sections.get(section) ?? '').matchAll(/^\| `([^`]+)` \| (.*?) \|/gm)].map(
      ([, name = '', second = '']) => [name, second.replace(/`/g, '')] as const,
    );

  test('lists every persona', () => {
    const members = DEFAULT_SEED.accounts.flatMap(({ organization, members }) =>
      members.map(({ email }) => [email, organization] as const),
    );
    expect(rows('Personas')).toEqual(members);
  });

  test('lists every endpoint of the failure menu', () => {
    expect(rows('Endpoints').map(([name]) => name)).toEqual(ENDPOINT_NAMES);
  });

  test('lists every failure and every preset, in the words of the menu', () => {
    const failures = FAULT_NAMES.map((name) => [name, FAULT_KINDS[name].title]);
    const presets = PRESET_NAMES.map((name) => [name, PRESETS[name].what]);
    expect(rows('Failures')).toEqual([...failures, ...presets]);
    for (const { expect: outcome } of Object.values(PRESETS))
      expect(sections.get('Failures')).toContain(`| ${outcome} |`);
  });

  test('lists every switch with its default and what it means', () => {
    expect(rows('Switches')).toEqual(SWITCH_NAMES.map((name) => [name, String(DEFAULT_SWITCHES[name])]));
    const section = sections.get('Switches') ?? '';
    for (const name of SWITCH_NAMES) expect(section).toContain(`| ${SWITCH_FIELDS[name].meaning} |`);
  });
});
