import type { OAuthClient } from '../model.ts';
import type { SandboxStore } from '../store.ts';
import type { Html } from './html.ts';
import { html } from './html.ts';
import { layout } from './layout.ts';
import { noticeOf } from './notice.ts';

/** The front page: what is on, how to point an app here, who is registered, what time it is. */
export function overviewPage(store: SandboxStore, url: string, query: URLSearchParams): Html {
  const clients = [...store.clients.values()];
  return layout(
    { title: 'Overview', section: '/', notice: noticeOf(store, query) },
    html`<h1>A LaunchDarkly to log in with</h1>
<p class="lead">It answers like LaunchDarkly wherever a login needs it, on this machine, for any app in any language.</p>
${activity(store)}
<section aria-labelledby="clients">
<h2 id="clients">Registered clients</h2>
${
  clients.length === 0
    ? html`<p class="aside">None yet. Register your app as below, then log in from it.</p>`
    : html`<ul class="rows">${clients.map(clientRow)}</ul>`
}
</section>
<section aria-labelledby="point">
<h2 id="point">Point your app here</h2>
<dl class="facts">
${fact('Base URL', url)}
${fact('Authorize', `${url}/trust/oauth/authorize`)}
${fact('Token', `${url}/trust/oauth/token`)}
${fact('Revoke', `${url}/trust/oauth/revoke`)}
${fact('Metadata', `${url}/.well-known/oauth-authorization-server`)}
${fact('Who is it?', `${url}/api/v2/caller-identity`)}
${fact('Profile', `${url}/api/v2/members/me`)}
</dl>
<p>Register a client with the Admin’s API access token, which the sandbox printed when it started:</p>
<pre tabindex="0">curl ${url}/api/v2/oauth/clients \\
  -H 'Authorization: &lt;the Admin’s token&gt;' -H 'Content-Type: application/json' \\
  -d '{"name":"My app","redirectUri":"https://localhost:3000/callback"}'</pre>
</section>
<section aria-labelledby="clock">
<h2 id="clock">Clock</h2>
<p>Here it is <time>${new Date(store.clock.now()).toISOString().slice(0, 19).replace('T', ' ')}</time> UTC${
      store.clock.offset() > 0 && `, ${Math.round(store.clock.offset() / 1000)} seconds ahead`
    }. Let time pass to make codes and tokens expire; starting over sets the clock right.</p>
<form class="inline" method="post" action="/__sandbox/clock">
<label>Let time pass<select name="advance">${['1m', '10m', '1h', '1d', '7d', '31d'].map(
      (span) => html`<option>${span}</option>`,
    )}</select></label>
<button type="submit">Go</button>
</form>
</section>
<section aria-labelledby="reset">
<h2 id="reset">Start over</h2>
<p>Ends every authorization, brings the personas back, switches failures off and sets the clock right. You are asked first.</p>
<p class="actions">
<a class="button" href="/__sandbox/confirm?action=reset-kept">Start over, keep clients…</a>
<a class="button" href="/__sandbox/confirm?action=reset-all">Start over, delete clients too…</a>
</p>
</section>`,
  );
}

/** What is going on here that somebody may have forgotten. */
function activity({ faults, browserSessions }: SandboxStore): Html | false {
  if (faults.length === 0 && browserSessions.size === 0) return false;
  const failures = faults.length === 1 ? 'A failure is' : `${faults.length} failures are`;
  return html`<ul class="rows">
${
  faults.length > 0 &&
  html`<li><span>${failures} switched on.</span> <a class="button" href="/__sandbox/faults">Open the failure menu</a></li>`
}
${
  browserSessions.size > 0 &&
  html`<li><span>This LaunchDarkly remembers who is logged in.</span>
<form method="post" action="/__sandbox/sessions"><button type="submit" name="action" value="forget">Log out here</button></form></li>`
}
</ul>`;
}

function fact(name: string, value: string): Html {
  return html`<div><dt>${name}</dt><dd><code class="wrap">${value}</code></dd></div>`;
}

function clientRow({ name, id, redirectUri }: OAuthClient): Html {
  const { origin, host } = new URL(redirectUri);
  const home = /^.*\/(?=auth\/callback$)/.exec(redirectUri)?.[0] ?? `${origin}/`; // the app may be below a path
  return html`<li><span><strong dir="auto">${name}</strong><br><code class="wrap">${id}</code><br><span class="aside wrap">${redirectUri}</span></span>
<a class="button" href="${home}" aria-label="Open ${host}: ${name}">Open ${host}</a></li>`;
}
