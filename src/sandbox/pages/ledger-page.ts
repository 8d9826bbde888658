import { ENDPOINT_NAMES } from '../faults/endpoints.ts';
import type { LedgerEntry } from '../ledger/ledger.ts';
import type { SandboxStore } from '../store.ts';
import type { Html } from './html.ts';
import { html } from './html.ts';
import { layout } from './layout.ts';
import { noticeOf } from './notice.ts';

/** What arrived and what was answered, the newest first. */
export function ledgerPage(
  store: SandboxStore,
  entries: readonly LedgerEntry[],
  query: URLSearchParams,
): Html {
  const endpoint = query.get('endpoint');
  const filter = new URLSearchParams([...query].filter(([name, value]) => name !== 'done' && value !== ''));
  return layout(
    { title: 'Ledger', section: '/__sandbox/ledger', notice: noticeOf(store, query) },
    html`<h1>Ledger</h1>
<p class="lead">Every request the sandbox received, the newest first. Secrets are masked; the same secret has the same mask
everywhere, so that you can follow a code or a token on its way.</p>
<div class="bar">
<form class="inline" method="get" action="/__sandbox/ledger">
<label>Endpoint<select name="endpoint"><option value="">all</option>${ENDPOINT_NAMES.map(
      (name) => html`<option${name === endpoint && html` selected`}>${name}</option>`,
    )}</select></label>
<button type="submit">Show</button>
</form>
<p class="actions"><a class="button" href="/__sandbox/ledger.har?${filter.toString()}">Download as HAR</a>
<a class="button" href="/__sandbox/confirm?action=clear-ledger">Empty the ledger…</a></p>
</div>
${entries.length === 0 ? html`<p class="aside">Nothing yet. Log in with your app, then reload.</p>` : html`<ol class="ledger">${entries.map(row)}</ol>`}
<p class="aside">For tests: <code>GET /__sandbox/ledger?path=/trust/oauth/token&amp;since=12</code> gives the requests to a path after the one
with that id, as JSON.</p>`,
  );
}

function row({ id, at, request, response, endpoint, fault, dropped }: LedgerEntry): Html {
  const [path] = request.url.split('?');
  return html`<li><details>
<summary><span class="aside mono">${at.slice(11, 23)}</span> <span class="mono call"><strong>${request.method}</strong> ${path}</span>
<span class="mono">${response ? response.status : dropped ? 'dropped' : 'pending'}</span>
<span class="tags">${endpoint && html`<span class="tag">${endpoint}</span>`}${fault && html`<span class="tag bad">${fault}</span>`}</span></summary>
<h2>Request ${id}</h2>
<pre tabindex="0">${message(`${request.method} ${request.url}`, request)}</pre>
${
  response
    ? html`<h2>Answer after ${response.durationMs} ms</h2>
<pre tabindex="0">${message(`HTTP ${response.status}`, response)}</pre>`
    : html`<p>No answer${dropped && ': the connection ended without one'}.</p>`
}
</details></li>`;
}

function message(
  firstLine: string,
  { headers, body }: { headers: Record<string, string>; body: string },
): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  return [firstLine, ...lines, ...(body === '' ? [] : ['', body])].join('\n');
}
