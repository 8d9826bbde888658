import { cpus } from 'node:os';
import type { Figures } from './measure.ts';

/**
 * What one app takes, and what that is of another app's. CPU times are the lower quartile of the rounds: whatever else
 * runs on the machine makes them longer, never shorter. Their ratios are the median of the rounds, since a round meets
 * both apps within seconds.
 */
export interface Summary {
  readonly name: string;
  readonly loginMs: number;
  readonly memberMs: number;
  readonly coldStartMs: number;
  readonly rssMiB: number;
  /** How many logins it had seen when its memory was measured. */
  readonly logins: number;
  readonly ratio: Readonly<Record<Quantity, number>>;
}

type Quantity = 'loginMs' | 'memberMs' | 'coldStartMs' | 'rssMiB';

/** A ratio of two apps, and by how much it may be wrong because the rounds differ. */
export interface Ratio {
  readonly value: number;
  readonly noise: number;
}

export const quantities = {
  loginMs: { words: 'CPU time of a login', show: (value: number) => `${value.toFixed(2)} ms` },
  memberMs: { words: 'CPU time of GET /api/me', show: (value: number) => `${value.toFixed(3)} ms` },
  coldStartMs: { words: 'cold start to the first page', show: (value: number) => `${value.toFixed(0)} ms` },
  rssMiB: { words: 'memory', show: (value: number) => `${value.toFixed(0)} MiB` },
} as const;

/** Where and with what it was measured. */
export function describeMachine() {
  const [cpu] = cpus();
  return {
    date: new Date().toISOString(),
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    cpu: cpu?.model ?? 'unknown',
    cores: cpus().length,
  };
}

/** @param base the app to compare with. */
export function summarize(figures: Figures, base: Figures): Summary {
  return {
    name: figures.name,
    loginMs: lowerQuartile(figures.loginMs),
    memberMs: lowerQuartile(figures.memberMs),
    coldStartMs: median(figures.coldStartMs),
    rssMiB: figures.rssMiB,
    logins: figures.logins,
    ratio: {
      loginMs: pairedRatio(figures, base, 'loginMs').value,
      memberMs: pairedRatio(figures, base, 'memberMs').value,
      coldStartMs: median(figures.coldStartMs) / median(base.coldStartMs),
      rssMiB: figures.rssMiB / base.rssMiB,
    },
  };
}

/**
 * The median of the rounds' ratios. `noise` is half of the range that holds the true median in 95 of 100 runs, by the
 * ranks of the ratios (binomial).
 */
export function pairedRatio(figures: Figures, base: Figures, quantity: 'loginMs' | 'memberMs'): Ratio {
  const ratios = figures[quantity].map((value, round) => value / (base[quantity][round] ?? Number.NaN));
  ratios.sort((a, b) => a - b);
  const outside = Math.max(0, Math.floor((ratios.length - 1.96 * Math.sqrt(ratios.length)) / 2));
  const [from = Number.NaN, to = Number.NaN] = [ratios[outside], ratios[ratios.length - 1 - outside]];
  return { value: median(ratios), noise: (to - from) / 2 };
}

/** A line for each quantity, a column for each app, and the ratio of the first to the second. */
export function comparison([ours, other]: readonly [Summary, Summary]): string {
  const lines = (Object.keys(quantities) as Quantity[]).map((quantity) => {
    const { words, show } = quantities[quantity];
    const title = quantity === 'rssMiB' ? `${words} after ${ours.logins.toLocaleString('en')} logins` : words;
    return [title, show(ours[quantity]), show(other[quantity]), `${ours.ratio[quantity].toFixed(2)} ×`];
  });
  return formatTable([['', ours.name, other.name, 'ratio'], ...lines]);
}

/** A line for each thing left out, and what that saves of a login and of a request. */
export function savings(summaries: readonly Summary[]): string {
  const share = (ratio: number) => `${((1 - ratio) * 100).toFixed(0)} %`;
  const lines = summaries.map(({ name, loginMs, memberMs, ratio }) => [
    name,
    quantities.loginMs.show(loginMs),
    share(ratio.loginMs),
    quantities.memberMs.show(memberMs),
    share(ratio.memberMs),
  ]);
  return formatTable([['', 'login', 'saves', 'GET /api/me', 'saves'], ...lines]);
}

/** Columns beside each other, numbers to the right. */
export function formatTable(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
        .join('   '),
    )
    .join('\n');
}

function median(values: readonly number[]): number {
  return quantile(values, 1 / 2);
}

function lowerQuartile(values: readonly number[]): number {
  return quantile(values, 1 / 4);
}

/** The value below which this share of the values lies; one of them, or NaN when there is none. */
function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) * share)] ?? Number.NaN;
}
