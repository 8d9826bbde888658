/** Log lines on a terminal: a request is one phrase, an event is its sentence followed by its fields. */

/** The text of a line after its time and level. `line` is the parsed JSON line. */
export function prettyMessage(line: Record<string, unknown>): string {
  const { level: _level, time: _time, msg, event, error, ...fields } = line;
  if (event !== 'request') return [msg ?? event, ...fieldsOf(fields), ...causesOf(error)].join('  ');
  const { method, path, status, durationMs, requestId, aborted } = fields;
  return `${method} ${path} ${status} ${durationMs} ms${aborted ? ', connection closed' : ''}  ${requestId}`;
}

function fieldsOf(fields: Record<string, unknown>): string[] {
  return Object.entries(fields).map(([name, value]) => `${name}=${value}`);
}

/** One indented line each for an error, its stack frames and its causes. */
function causesOf(error: unknown): string[] {
  if (typeof error !== 'object' || error === null) return [];
  const { name, code, oauthError, message, at, cause } = error as Record<string, unknown>;
  if (!name && !code && !message) return causesOf(cause);
  const text = `\n    ${name ?? 'Error'}${code ? ` [${code}]` : ''}${oauthError ? ` ${oauthError}` : ''}: ${message ?? 'no message'}`;
  const frames = Array.isArray(at) ? at.map((frame) => `\n        at ${frame}`) : [];
  return [text, ...frames, ...causesOf(cause)];
}
