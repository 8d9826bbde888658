/** Who is here now, of those who come and go all the time. */
export interface Roster<T> {
  /** Call what it returns, once, when `member` has gone. */
  add(member: T): () => void;
  /** Those who are here, in no order. */
  all(): T[];
}

/**
 * A `Set` would do, but V8 chains the tables that a Set outgrows to each other: once one of them is old, everything that was
 * ever in the set stays in memory until the next full collection, and every small one copies it.
 */
export function createRoster<T>(): Roster<T> {
  const entries: { member: T; place: number }[] = [];
  return {
    add(member) {
      const entry = { member, place: entries.length };
      entries.push(entry);
      return () => {
        const last = entries.pop();
        if (!last || last === entry) return;
        last.place = entry.place;
        entries[last.place] = last;
      };
    },
    all() {
      return entries.map(({ member }) => member);
    },
  };
}
