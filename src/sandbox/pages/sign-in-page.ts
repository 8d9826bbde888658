import type { Member } from '../model.ts';
import type { AuthorizationRequest } from '../oauth/authorization-request.ts';
import type { SandboxStore } from '../store.ts';
import { grouped } from './groups.ts';
import type { Html } from './html.ts';
import { html } from './html.ts';
import { layout } from './layout.ts';
import { accountOf, displayName } from './member-names.ts';

/** The sign-in page: a button for everybody who could be logging in, grouped by what they are for. */
export function signInPage(store: SandboxStore, request: AuthorizationRequest): Html {
  const people = suggestedFirst(onePerEmail(store), request.loginHint);
  return layout(
    { title: 'Log in' },
    html`<h1>Log in as…</h1>
<p class="lead"><strong>${request.client.name}</strong> wants to know who you are. At LaunchDarkly you would log in now. Here
you pick the member you want to be.</p>
<form class="sign-in" method="get" action="/trust/oauth/login">
<input type="hidden" name="request" value="${request.query}">
${grouped(people, (person) => personaButton(store, person), 'personas')}
</form>`,
  );
}

interface Person {
  group: string;
  member: Member;
  /** How many accounts the e-mail address is a member of. */
  accounts: number;
}

function onePerEmail(store: SandboxStore): Person[] {
  const people = new Map<string, Person>();
  for (const member of store.members.values()) {
    const known = people.get(member.email);
    if (known) known.accounts += 1;
    else people.set(member.email, { group: member.group, member, accounts: 1 });
  }
  return [...people.values()];
}

function suggestedFirst(people: Person[], hint: string | undefined): Person[] {
  const suggested = people.filter(({ member }) => member.email === hint);
  const others = people.filter((person) => !suggested.includes(person));
  return [...suggested.map((person) => ({ ...person, group: 'Suggested by the app' })), ...others];
}

function personaButton(store: SandboxStore, person: Person): Html {
  const { member } = person;
  return html`<li><button class="persona" type="submit" name="email" value="${member.email}"${member.removed && html` disabled`}>
<span class="name" dir="auto">${displayName(member)}</span>
<span class="email">${member.email}</span>
<span class="about">${member.removed ? 'Removed from the account.' : member.about}</span>
<span class="tags">${tags(store, person).map((tag) => html`<span class="tag">${tag}</span>`)}</span>
</button></li>`;
}

function tags(store: SandboxStore, { member, accounts }: Person): string[] {
  return [
    member.customRoles.length > 0 ? 'custom roles' : member.role,
    accounts > 1 ? `${accounts} accounts` : accountOf(store, member).organization,
  ];
}
