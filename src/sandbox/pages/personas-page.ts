import { ROLES } from '../model.ts';
import type { Persona } from '../personas.ts';
import type { SandboxStore } from '../store.ts';
import { grouped } from './groups.ts';
import type { Html } from './html.ts';
import { html } from './html.ts';
import { layout } from './layout.ts';
import { noticeOf } from './notice.ts';

/** The personas, with what an Admin could do to them while they are logged in somewhere. */
export function personasPage(
  store: SandboxStore,
  personas: readonly Persona[],
  query: URLSearchParams,
): Html {
  return layout(
    { title: 'Personas', section: '/__sandbox/personas', notice: noticeOf(store, query) },
    html`<h1>Personas</h1>
<p class="lead">Downgrade, remove or cut off someone who is logged in to your app, and see when it notices.</p>
${grouped(personas, card, 'menu')}`,
  );
}

function card(persona: Persona): Html {
  const { id, email, firstName, lastName, organization, about, removed } = persona;
  const action = `/__sandbox/personas/${id}`;
  return html`<li class="card">
<h3 dir="auto">${[firstName, lastName].filter(Boolean).join(' ') || email}</h3>
<p><span class="email">${email}</span>, ${organization}</p>
<p class="aside">${removed ? 'Removed from the account. Every token of theirs is refused.' : about}</p>
<form class="inline" method="post" action="${action}">
<label>Role<select name="role" aria-label="Role of ${email}, ${organization}">${ROLES.map(
    (role) => html`<option${role === persona.role && html` selected`}>${role}</option>`,
  )}</select></label>
<button type="submit" aria-label="Change role of ${email}, ${organization}">Change</button>
</form>
<div class="actions">
<form method="post" action="${action}"><button type="submit" name="removed" value="${String(!removed)}"
 aria-label="${removed ? 'Put back' : 'Remove'} ${email}, ${organization}">${removed ? 'Put back' : 'Remove'}</button></form>
<a class="button" href="/__sandbox/confirm?action=revoke&amp;persona=${id}" aria-label="Revoke apps of ${email}, ${organization}">Revoke apps…</a>
</div>
</li>`;
}
