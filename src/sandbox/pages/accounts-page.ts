import type { Member } from '../model.ts';
import type { AuthorizationRequest } from '../oauth/authorization-request.ts';
import type { SandboxStore } from '../store.ts';
import type { Html } from './html.ts';
import { html } from './html.ts';
import { layout } from './layout.ts';
import { accountOf, displayName } from './member-names.ts';

/** Asks a member of several accounts which one to use: LaunchDarkly has one signed-in organization at a time. */
export function accountsPage(
  store: SandboxStore,
  request: AuthorizationRequest,
  memberships: readonly Member[],
): Html {
  const [first] = memberships;
  return layout(
    { title: 'Choose an account', narrow: true },
    html`<h1>Choose an account</h1>
<p class="lead">${first && displayName(first)} is a member of ${memberships.length} accounts. Which one do you want to use with
<strong>${request.client.name}</strong>?</p>
<form method="get" action="/trust/oauth/login">
<input type="hidden" name="request" value="${request.query}">
<ul class="personas">${memberships.map((member) => {
      const { organization } = accountOf(store, member);
      return html`<li><button class="persona" type="submit" name="member" value="${member.id}">
<span class="name">${organization}</span> <span class="about">${member.role}</span></button></li>`;
    })}</ul>
</form>`,
  );
}
