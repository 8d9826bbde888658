import { readFile, writeFile } from 'node:fs/promises';
import * as v from 'valibot';
import type { Figures } from './measure.ts';
import { describeMachine, formatTable, pairedRatio, quantities, type Ratio, summarize } from './report.ts';

/** The ratios that a change is compared with. */
const compared = ['loginMs', 'memberMs'] as const;
type Compared = (typeof compared)[number];

const recordedSchema = v.object({
  date: v.pipe(v.string(), v.isoTimestamp()),
  node: v.string(),
  platform: v.string(),
  cpu: v.string(),
  cores: v.number(),
  /** CPU time of the minimal app: says whether this is such a machine, and as quiet. */
  minimal: v.object({ loginMs: v.number(), memberMs: v.number() }),
  ratio: v.object({ loginMs: v.number(), memberMs: v.number() }),
});
export type Recorded = v.InferOutput<typeof recordedSchema>;

/** A rise by more than this is worth a warning. */
const worthAWarning = 0.05;

export interface Change extends Ratio {
  readonly quantity: Compared;
  readonly recorded: number;
  readonly difference: number;
  /** `unclear`: it looks like a rise, and this run's noise is as large. */
  readonly verdict: 'same' | 'higher' | 'lower' | 'unclear';
}

/** Reads what was recorded. Throws `Error` with what to do when the file is missing or holds something else. */
export async function readRecorded(file: string): Promise<Recorded> {
  try {
    return v.parse(recordedSchema, JSON.parse(await readFile(file, 'utf8')));
  } catch (cause) {
    throw new Error(`${file} cannot be read as a recorded benchmark: write it with npm run bench -- --record`, {
      cause,
    });
  }
}

/** Writes this run's ratios for later ones to be compared with. */
export async function writeRecorded(file: string, ours: Figures, base: Figures): Promise<void> {
  const minimal = minimalTimes(base);
  const [loginMs, memberMs] = compared.map((quantity) => Number(pairedRatio(ours, base, quantity).value.toFixed(3)));
  const recorded = { ...describeMachine(), minimal, ratio: { loginMs, memberMs } };
  await writeFile(file, `${JSON.stringify(recorded, undefined, 2)}\n`);
}

/** How this run's ratios differ from the recorded ones. */
export function compareWithRecorded(ours: Figures, base: Figures, { ratio }: Recorded): Change[] {
  return compared.map((quantity) => {
    const now = pairedRatio(ours, base, quantity);
    const difference = now.value - ratio[quantity];
    return { ...now, quantity, recorded: ratio[quantity], difference, verdict: verdictOn(difference, now.noise) };
  });
}

function verdictOn(difference: number, noise: number): Change['verdict'] {
  if (Math.abs(difference) <= worthAWarning) return 'same';
  if (Math.abs(difference) <= noise) return 'unclear';
  return difference > 0 ? 'higher' : 'lower';
}

/** A line for each ratio, and when and where it was recorded. */
export function showChanges(changes: readonly Change[], { date, node, cpu, cores, platform }: Recorded): string {
  const lines = changes.map(({ quantity, recorded, value, noise, difference }) => [
    quantities[quantity].words,
    `${recorded.toFixed(2)} ×`,
    `${value.toFixed(2)} × ± ${noise.toFixed(2)}`,
    `${difference < 0 ? '−' : '+'} ${Math.abs(difference).toFixed(2)}`,
  ]);
  const when = new Date(date).toLocaleDateString('en-GB', { dateStyle: 'long', timeZone: 'UTC' });
  return (
    `${formatTable([['of the minimal app', 'recorded', 'now', 'difference'], ...lines])}\n` +
    `Recorded on ${when}: Node ${node}, ${platform}, ${cores} cores (${cpu}).`
  );
}

function minimalTimes(base: Figures) {
  const { loginMs, memberMs } = summarize(base, base);
  return { loginMs: Number(loginMs.toFixed(3)), memberMs: Number(memberMs.toFixed(4)) };
}

/**
 * What to say when the minimal app itself took another time than when it was recorded: other work on the machine, or another
 * machine, moves the ratios as well. Undefined when it is about the same.
 */
export function remarkOnMachine(base: Figures, { minimal }: Recorded): string | undefined {
  const times = minimalTimes(base).loginMs / minimal.loginMs;
  if (times < 1.4 && times > 0.7) return undefined;
  return (
    `The minimal app itself took ${times.toFixed(1)} times as long as when it was recorded: the machine is busy, or another. ` +
    'That moves the ratios. Record before a change and compare after it, here, with --recorded FILE.'
  );
}

/** What to say about a change beyond the table; undefined when there is nothing. */
export function remarkOn({ quantity, difference, noise, verdict }: Change): string | undefined {
  const { words } = quantities[quantity];
  const size = Math.abs(difference).toFixed(2);
  switch (verdict) {
    case 'same':
      return undefined;
    case 'higher':
      return `Warning: ${words} has risen by ${size} of the minimal app's since it was recorded.`;
    case 'lower':
      return `${words} has fallen by ${size} of the minimal app's. To compare with this from now on: npm run bench -- --record`;
    case 'unclear':
      return `${words} differs by ${size}, and the noise of this run is larger (${noise.toFixed(2)}). Run it again when the machine is quieter.`;
  }
}
