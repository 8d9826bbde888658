/** How a log line reads on a terminal: a request as one phrase, an event as its sentence followed by its fields. */

/** The text of a line after its time and level. `line` is the parsed JSON line. */
export function prettyMessage(line: Record<string, unknown>): string {
  const { level: _level, time: _time, msg, event, error, ...fields } = line;
  if (event !== 'request') return [msg ?? event, ...fieldsOf(fields), ...causesOf(error)].join('  ');
  const { method, path, status, durationMs, requestId, aborted } = fields;
  return `${method} ${path} ${status} ${durationMs} ms${aborted ? ', reader gone' : ''}  ${requestId}`;
}

function fieldsOf(fields: Record<string, unknown>): string[] {
  return Object.entries(fields).map(([name, value]) => `${name}=${value}`);
}

/** One indented line for an error, for the places it came through, and for each of its causes. */
function causesOf(error: unknown): string[] {
  if (typeof error !== 'object' || error === null) return [];
  const { name, code, message, at, cause } = error as Record<string, unknown>;
  const text = `\n    ${name ?? 'Error'}${code ? ` [${code}]` : ''}: ${message ?? 'no message'}`;
  const frames = Array.isArray(at) ? at.map((frame) => `\n        at ${frame}`) : [];
  return [text, ...frames, ...causesOf(cause)];
}
