import type { Member } from '../model.ts';
import type { AuthorizationRequest } from '../oauth/authorization-request.ts';
import type { SandboxStore } from '../store.ts';
import type { Html } from './html.ts';
import { html } from './html.ts';
import { layout } from './layout.ts';
import { accountOf } from './member-names.ts';

/** For someone from another account at an unverified client: a dead end, as the app never hears of it. */
export function outsiderPage(store: SandboxStore, request: AuthorizationRequest, member: Member): Html {
  const { client } = request;
  return layout(
    { title: 'Not a member', narrow: true },
    html`<h1>You cannot use this app</h1>
<p class="lead"><strong>${client.name}</strong> is for members of ${accountOf(store, client).organization}. You are logged in to
${accountOf(store, member).organization} as <span class="email">${member.email}</span>.</p>
<p>Its OAuth2 client is not verified: only members of the account that registered it can log in. The app is not told that you
came this far.</p>
<p class="actions"><a class="button" href="${new URL(client.redirectUri).origin}/">Go back to ${new URL(client.redirectUri).host}</a>
<a class="button" href="/trust/oauth/login?${new URLSearchParams({ request: request.query }).toString()}">Log in as someone else</a></p>`,
  );
}
