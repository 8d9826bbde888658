/** Log lines on a terminal: a request is one phrase, an event is its sentence followed by its fields. */

/** The codes of ANSI terminals that colour a level. */
const colors: Record<string, number> = { trace: 90, debug: 34, info: 32, warn: 33, error: 31, fatal: 41 };

/** A line for a terminal, made of one in JSON, as in `[14:05:09] INFO: Ready`. */
export function prettyLine(json: string, colored: boolean): string {
  const line = JSON.parse(json) as { level: string; time: string };
  const paint = (color: number | undefined, text: string) => (colored ? `\u001b[${color}m${text}\u001b[0m` : text);
  const time = new Date(line.time).toTimeString().slice(0, 8);
  const level = paint(colors[line.level], line.level.toUpperCase());
  return `[${time}] ${level}: ${paint(36, prettyMessage({ ...line }))}\n`;
}

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
