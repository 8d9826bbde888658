import type { Member } from '../model.ts';
import type { AuthorizationRequest } from '../oauth/authorization-request.ts';
import { narrowToMember, SCOPES } from '../oauth/scopes.ts';
import type { SandboxStore } from '../store.ts';
import type { Html } from './html.ts';
import { html } from './html.ts';
import { layout } from './layout.ts';
import { accountOf, displayName } from './member-names.ts';

/** Shows what the app wants of this member, with the buttons "Authorize" and "Cancel". */
export function consentPage(store: SandboxStore, request: AuthorizationRequest, member: Member): Html {
  const { client } = request;
  const { organization } = accountOf(store, member);
  return layout(
    { title: `Authorize ${client.name}`, narrow: true },
    html`<h1>Authorize “<bdi>${client.name}</bdi>”</h1>
${client.description && html`<p class="lead" dir="auto">${client.description}</p>`}
<dl class="facts">
<div><dt>You</dt><dd><span dir="auto">${displayName(member)}</span><br><span class="email">${member.email}</span></dd></div>
<div><dt>Account</dt><dd>${organization}</dd></div>
<div><dt>Goes back to</dt><dd class="wrap">${new URL(request.redirectUri).host}</dd></div>
</dl>
<h2>It will be able to</h2>
<ul class="permissions">${request.scope.map((scope) => permission(scope, member))}</ul>
<form method="post" action="/trust/oauth/consent">
<input type="hidden" name="request" value="${request.query}">
<input type="hidden" name="member" value="${member.id}">
<p class="actions">
<button class="primary" type="submit" name="decision" value="authorize">Authorize</button>
<button type="submit" name="decision" value="cancel">Cancel</button>
</p>
</form>
<p class="aside">Not you? <a href="/trust/oauth/login?${new URLSearchParams({ request: request.query }).toString()}">Log in as someone else</a></p>`,
  );
}

function permission(scope: string, member: Member): Html {
  const limited = narrowToMember([scope], member)[0] !== scope;
  return html`<li><span>${SCOPES[scope]}</span> <code>${scope}</code>${
    limited && html`<br><small>Limited to reading: this member may not change anything.</small>`
  }</li>`;
}
