import { maskedBody, maskedHeaders, maskedUrl } from './masked-message.ts';

const LONGEST = 500;

/** One request and its answer, secrets masked. */
export interface LedgerEntry {
  /** Counts up from 1. */
  id: number;
  /** The sandbox's time, ISO 8601. */
  at: string;
  request: { method: string; url: string; headers: Record<string, string>; body: string };
  /** Missing while there is none; `durationMs` in milliseconds. */
  response?: { status: number; headers: Record<string, string>; body: string; durationMs: number };
  /** The endpoint's name in the failure menu. */
  endpoint?: string;
  /** The fault that met this request. */
  fault?: string;
  /** The connection ended without an answer. */
  dropped?: boolean;
}

/** The last 500 requests the sandbox received. Masking is done when somebody looks, not while a request runs. */
export interface Ledger {
  /** Notes a request; what it gives is filled in as the request goes on. */
  begin(entry: RawEntry): RawEntry;
  /** The newest first; those that `filter` lets through. */
  entries(filter?: LedgerFilter): LedgerEntry[];
  /** The id of the newest entry there ever was; 0 when there was none. */
  last(): number;
  clear(): void;
}

/** Which requests to show. Everything that is given has to fit. */
export interface LedgerFilter {
  /** A path, exactly, without its query. */
  path?: string | undefined;
  method?: string | undefined;
  /** The endpoint's name in the failure menu. */
  endpoint?: string | undefined;
  /** The status of the answer. */
  status?: number | undefined;
  /** After the entry with this id, or from this time on (on the sandbox's clock). */
  since?: number | Date | undefined;
  /** At most so many, the newest. */
  limit?: number | undefined;
}

/** A request and answer as they were. They stay in memory only, and leave it masked. */
export interface RawEntry {
  at: number;
  method: string;
  url: string;
  headers: Parameters<typeof maskedHeaders>[0];
  body?: string;
  response?: {
    status: number;
    headers: Parameters<typeof maskedHeaders>[0];
    body: string;
    durationMs: number;
  };
  endpoint?: string;
  fault?: string;
  dropped?: boolean;
}

/** An empty ledger: it keeps the last 500 requests in memory. */
export function createLedger(): Ledger {
  let raw: (RawEntry & { id: number })[] = [];
  let count = 0;
  return {
    begin(entry) {
      count += 1;
      const numbered = { ...entry, id: count };
      raw.push(numbered);
      if (raw.length > LONGEST) raw.shift();
      return numbered;
    },
    entries: (filter = {}) =>
      raw
        .filter((entry) => fits(entry, filter))
        .reverse()
        .slice(0, filter.limit ?? LONGEST)
        .map(masked),
    last: () => count,
    clear() {
      raw = [];
    },
  };
}

function fits(
  { id, at, method, url, endpoint, response }: RawEntry & { id: number },
  filter: LedgerFilter,
): boolean {
  const { since } = filter;
  const isNew = since === undefined || (since instanceof Date ? at >= since.getTime() : id > since);
  return (
    isNew &&
    (filter.path === undefined || url.split('?')[0] === filter.path) &&
    (filter.method === undefined || method === filter.method.toUpperCase()) &&
    (filter.endpoint === undefined || endpoint === filter.endpoint) &&
    (filter.status === undefined || response?.status === filter.status)
  );
}

function masked({
  id,
  at,
  method,
  url,
  headers,
  body = '',
  response,
  ...rest
}: RawEntry & { id: number }): LedgerEntry {
  return {
    id,
    at: new Date(at).toISOString(),
    request: {
      method,
      url: maskedUrl(url),
      headers: maskedHeaders(headers),
      body: maskedBody(body, String(headers['content-type'] ?? '')),
    },
    ...(response && {
      response: {
        status: response.status,
        headers: maskedHeaders(response.headers),
        body: maskedBody(response.body, String(response.headers['content-type'] ?? '')),
        durationMs: response.durationMs,
      },
    }),
    ...rest,
  };
}
