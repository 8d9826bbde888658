/** SQLite: libsql, or the one that Node.js brings where libsql cannot be loaded. */

/** What is used of a database. */
export interface SqliteDatabase {
  readonly open: boolean;
  readonly inTransaction: boolean;
  exec(sql: string): unknown;
  prepare(sql: string): SqliteStatement;
  close(): unknown;
}

/** Values are given one by one or as one array. A row is an array after `raw()`. */
export interface SqliteStatement {
  raw(): SqliteStatement;
  get(...values: unknown[]): unknown;
  run(...values: unknown[]): { changes: number };
}

/** A connection that does not block the event loop, if the library has such. */
export interface BackgroundConnection {
  exec(sql: string): Promise<unknown>;
  close(): unknown;
}

export interface Sqlite {
  /** Opens or creates a file, or `:memory:`. Errors have SQLite's name of the reason as `code`, e.g. `SQLITE_BUSY`. */
  open(file: string): SqliteDatabase;
  openInBackground(file: string): Promise<BackgroundConnection>;
  /** Loads what `openInBackground` needs. */
  preload(): Promise<unknown>;
}

/** There is no SQLite; the message says what to do. */
export class SqliteMissingError extends Error {
  override readonly name = 'SqliteMissingError';
  /** For a program that ends because of it. */
  readonly exitCode = 1;
}

/** Throws `SqliteMissingError`. */
export async function loadSqlite(): Promise<Sqlite> {
  try {
    const { default: Libsql } = await import('libsql');
    return {
      open: (file) => new Libsql(file),
      async openInBackground(file) {
        const { default: Promised } = await import('libsql/promise');
        return new Promised(file, {});
      },
      preload: () => import('libsql/promise'),
    };
  } catch (cause) {
    const builtIn = process.getBuiltinModule('node:sqlite' as 'node:module') as unknown as NodeSqlite | undefined;
    if (builtIn) return ofNode(builtIn);
    const [reason] = String((cause as Error).message).split('\n');
    throw new SqliteMissingError(
      `SQLite cannot be loaded here: ${reason}. Run \`npm ci\` again on this machine, with optional dependencies; or use ` +
        'Node.js 22.13 or later, which brings SQLite itself; or keep sessions in Redis: SESSION_STORE=redis://HOST:PORT.',
      { cause },
    );
  }
}

/** What is used of `node:sqlite`, which the types of Node.js 20 do not have. */
interface NodeSqlite {
  readonly DatabaseSync: new (
    file: string,
  ) => {
    /** Since Node.js 22.16. */
    readonly isTransaction?: boolean;
    exec(sql: string): void;
    prepare(sql: string): NodeStatement;
    close(): void;
  };
}

interface NodeStatement {
  get(...values: unknown[]): Record<string, unknown> | undefined;
  run(...values: unknown[]): { changes: number };
}

function ofNode({ DatabaseSync }: NodeSqlite): Sqlite {
  const open = (file: string): SqliteDatabase => {
    const database = new DatabaseSync(file);
    let isOpen = true;
    return {
      get open() {
        return isOpen;
      },
      get inTransaction() {
        return database.isTransaction ?? true;
      },
      exec: (sql) => withCode(() => database.exec(sql)),
      prepare: (sql) => statement(database.prepare(sql), sql.includes('?1')),
      close() {
        isOpen = false;
        database.close();
      },
    };
  };
  return {
    open,
    async openInBackground(file) {
      const database = open(file);
      return { exec: async (sql) => database.exec(sql), close: () => database.close() };
    },
    preload: async () => {},
  };
}

/** @param numbered whether the parameters are `?1`, `?2`, …, which are names to Node.js. */
function statement(prepared: NodeStatement, numbered: boolean): SqliteStatement {
  const parameters = (values: readonly unknown[]) => {
    const each = values.flat();
    return numbered ? [Object.fromEntries(each.map((value, index) => [`?${index + 1}`, value]))] : each;
  };
  const self: SqliteStatement = {
    raw: () => self,
    get(...values) {
      const row = withCode(() => prepared.get(...parameters(values)));
      return row && Object.values(row).map(asBuffer);
    },
    run: (...values) => withCode(() => prepared.run(...parameters(values))),
  };
  return self;
}

function asBuffer(value: unknown): unknown {
  return value instanceof Uint8Array ? Buffer.from(value.buffer, value.byteOffset, value.byteLength) : value;
}

/** Gives an error the name of its reason. Extended codes hold the primary one in their lowest byte. */
function withCode<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    const { errcode = 0 } = error as { errcode?: number };
    throw Object.assign(error as Error, (errcode & 0xff) === 5 && { code: 'SQLITE_BUSY' });
  }
}
