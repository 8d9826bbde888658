/** A message, as an HTTP archive has it. */
export interface HarEntry {
  readonly comment: string;
  readonly request: {
    readonly method: string;
    readonly url: string;
    readonly queryString: readonly Named[];
    readonly postData?: { readonly params: readonly Named[] };
  };
  readonly response: {
    readonly status: number;
    readonly redirectURL: string;
    readonly cookies: readonly (Named & { readonly value: string })[];
    readonly content: { readonly text?: string };
  };
}

interface Named {
  readonly name: string;
}

interface Arrow {
  readonly from: number;
  readonly to: number;
  readonly title: string;
  readonly message: string;
  /** The names of what it carries. */
  readonly carries: readonly string[];
}

const width = 800;
const lanes = [
  { name: 'Browser', className: 'browser', x: 100 },
  { name: 'This app', className: 'app', x: 400 },
  { name: 'LaunchDarkly', className: 'launchdarkly', x: 700 },
] as const;
const [browser, thisApp, launchDarkly] = [0, 1, 2];

/** The sequence diagram of a recorded login, a picture that stands for itself: no value of a message is in it. */
export function drawLogin(entries: readonly HarEntry[], app: string): string {
  let y = 70;
  const drawn = arrowsOf(entries, app).map((arrow) => {
    const lines = wrap(arrow.carries, (Math.abs(lanes[arrow.to]!.x - lanes[arrow.from]!.x) - 40) / 7);
    const top = y + (arrow.title ? 38 : 20);
    y = top + 16 * lines.length + 14;
    return drawArrow(arrow, top, lines);
  });
  const height = y + 10;
  const steps = entries.map(({ comment }, index) => `${index + 1}. ${titleOf(comment)}`).join('; ');
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="title desc">
<title id="title">The messages of a login</title>
<desc id="desc">Between browser, this app and LaunchDarkly: ${escapeXml(steps)}</desc>
<style>
:root { --paper: #fff; --ink: #151922; --soft: #4b5363; --browser: #0a6b66; --app: #872c9b; --launchdarkly: #3144d9; }
@media (prefers-color-scheme: dark) {
  :root { --paper: #0e1116; --ink: #e9ecf3; --soft: #aab2c2; --browser: #63d8cd; --app: #e4a5f6; --launchdarkly: #a3b2ff; }
}
rect { fill: var(--paper); }
text { fill: var(--ink); font: 14px system-ui, "Segoe UI", Roboto, sans-serif; text-anchor: middle; stroke: var(--paper); stroke-width: 5px; paint-order: stroke; }
.lane { font-size: 16px; }
.lane, .title { font-weight: 650; }
.message, .carries { font: 13px ui-monospace, Menlo, Consolas, "Liberation Mono", monospace; }
.carries { fill: var(--soft); font-size: 11.5px; }
line { stroke: var(--soft); stroke-dasharray: 2 4; }
.arrow { stroke: currentColor; stroke-width: 1.75; stroke-dasharray: none; }
.answer .arrow { stroke-dasharray: 5 4; }
path { fill: currentColor; }
${lanes.map(({ className }) => `.${className} { color: var(--${className}); }\n.lane.${className} { fill: currentColor; }`).join('\n')}
</style>
<rect width="${width}" height="${height}" rx="10"/>
${lanes.map(({ name, className, x }) => `<line x1="${x}" y1="48" x2="${x}" y2="${height - 12}"/>\n<text class="lane ${className}" x="${x}" y="34">${name}</text>`).join('\n')}
${drawn.join('\n')}
</svg>
`;
}

/** In their order: the app answers the browser after its own calls. */
function arrowsOf(entries: readonly HarEntry[], app: string): Arrow[] {
  const arrows: Arrow[] = [];
  const pending: Arrow[] = [];
  entries.forEach(({ comment, request, response }, index) => {
    const isToApp = request.url.startsWith(`${app}/`);
    const isFromBrowser = isToApp || comment.includes('Derived');
    if (isFromBrowser) arrows.push(...pending.splice(0));
    const [from, to] = isFromBrowser ? [browser, isToApp ? thisApp : launchDarkly] : [thisApp, launchDarkly];
    const sent = [...request.queryString, ...(request.postData?.params ?? [])].map(({ name }) => name);
    const message = `${request.method} ${new URL(request.url).pathname}`;
    arrows.push({ from, to, title: `${index + 1}. ${titleOf(comment)}`, message, carries: sent });
    const { status, redirectURL } = response;
    const target = redirectURL && ` to ${new URL(redirectURL).pathname}`;
    const answer = {
      from: to,
      to: from,
      title: '',
      message: `${status || 'redirect'}${target}`,
      carries: answered(response),
    };
    (isToApp ? pending : arrows).push(answer);
  });
  return [...arrows, ...pending];
}

/** What an answer brings: cookies of the login, or the fields of its JSON. A redirect's parameters are in the next request. */
function answered({ cookies, content }: HarEntry['response']): string[] {
  const kept = cookies
    .map(({ name }) => /^__Host-(login|session)\b/.exec(name)?.[1])
    .filter((name) => name !== undefined);
  const fields = content.text === undefined ? [] : Object.keys(JSON.parse(content.text));
  return [...new Set(kept)].map((name) => `${name} cookie`).concat(fields.filter((name) => name !== '_links'));
}

/** At most two lines of so many letters. */
function wrap(words: readonly string[], letters: number): string[] {
  const lines: string[] = [];
  for (const word of words) {
    const last = lines.at(-1);
    if (last !== undefined && `${last}, ${word}`.length <= letters) lines[lines.length - 1] = `${last}, ${word}`;
    else if (lines.length === 2) return [lines[0]!, `${last}, …`];
    else lines.push(word);
  }
  return lines;
}

function drawArrow({ from, to, title, message }: Arrow, y: number, lines: readonly string[]): string {
  const [start, end] = [lanes[from]!.x, lanes[to]!.x];
  const middle = (start + end) / 2;
  const way = end > start ? 1 : -1;
  return [
    `<g class="${lanes[from]!.className}${title ? '' : ' answer'}">`,
    ...(title ? [`<text class="title" x="${middle}" y="${y - 25}">${escapeXml(title)}</text>`] : []),
    `<text class="message" x="${middle}" y="${y - 7}">${escapeXml(message)}</text>`,
    `<line class="arrow" x1="${start}" y1="${y}" x2="${end - way * 7}" y2="${y}"/>`,
    `<path d="M${end} ${y}l${-way * 9} -5v10z"/>`,
    ...lines.map(
      (line, index) => `<text class="carries" x="${middle}" y="${y + 16 + index * 15}">${escapeXml(line)}</text>`,
    ),
    '</g>',
  ].join('\n');
}

function titleOf(comment: string): string {
  return comment.replace(/([.?])\.? ?(Derived.*)?$/, (_, end: string) => (end === '?' ? '?' : ''));
}

function escapeXml(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;');
}
