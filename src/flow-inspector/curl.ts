import type { Field, FlowMessage } from './flow.ts';

/** The request as a curl command, with shell variables for secrets. */
export function toCurl(message: FlowMessage): string {
  const parts = [`curl ${quote(message.address)}`];
  if (message.query.length) parts.push('--get');
  if (message.method !== 'GET' && !message.form.length) parts.push(`--request ${message.method}`);
  parts.push(...message.headers.filter(({ name }) => !implied.has(name)).map(header));
  parts.push(...[...message.query, ...message.form].map((field) => `--data-urlencode ${argument(field)}`));
  return [...new Set(parts)].join(' \\\n  ');
}

/** curl adds these itself. */
const implied = new Set(['host', 'content-type']);

function header({ name, value }: Field): string {
  if (name === 'cookie') return '--header "cookie: $COOKIE"';
  if (name !== 'authorization') return `--header ${quote(`${name}: ${value}`)}`;
  if (value.startsWith('Basic ')) return '--user "$LD_OAUTH_CLIENT_ID:$LD_OAUTH_CLIENT_SECRET"';
  return '--header "authorization: Bearer $ACCESS_TOKEN"';
}

function argument({ name, value, secret }: Field): string {
  return secret ? `"${name}=$${variableFor(name)}"` : quote(`${name}=${value}`);
}

function variableFor(name: string): string {
  return name === 'client_secret' ? 'LD_OAUTH_CLIENT_SECRET' : name.toUpperCase();
}

/** A word that the shell does not interpret. */
function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
