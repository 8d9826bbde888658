import type { StoredRecord } from './session-record.ts';

/** About 5 MB. */
const maxRows = 2_000;

/**
 * Rows that were read recently: reading one costs a seventh of `GET /api/me` (docs/benchmark.md).
 * @param version changes when another connection has written to the database; then every row is forgotten. Own writes
 * call `forget`.
 */
export function createRowCache(version: () => unknown) {
  const rows = new Map<string, StoredRecord>();
  let readAt: unknown;

  return {
    /** The row of a session, from `load` when it is not known. */
    read(id: string, load: () => StoredRecord | undefined): StoredRecord | undefined {
      const now = version();
      if (now !== readAt) rows.clear();
      readAt = now;
      const known = rows.get(id);
      if (known) return known;
      const row = load();
      if (rows.size >= maxRows) rows.clear();
      if (row) rows.set(id, row);
      return row;
    },
    forget(id: string): void {
      rows.delete(id);
    },
  };
}
