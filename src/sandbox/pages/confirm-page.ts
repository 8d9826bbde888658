import type { Member } from '../model.ts';
import type { SandboxStore } from '../store.ts';
import type { Html } from './html.ts';
import { html } from './html.ts';
import { layout } from './layout.ts';
import { displayName } from './member-names.ts';

/** What cannot be taken back, and so is asked about first. */
interface Question {
  title: string;
  /** What is lost, and what to do about it. */
  lost: string;
  yes: string;
  /** Where the answer is posted, with one field, and where "Cancel" leads. */
  action: string;
  field: readonly [name: string, value: string];
  back: string;
}

/** Asks before something that cannot be taken back. `undefined` when there is nothing of this name to ask about. */
export function confirmPage(store: SandboxStore, query: URLSearchParams): Html | undefined {
  const question = questionOf(store, query);
  if (!question) return undefined;
  const { title, lost, yes, action, field, back } = question;
  return layout(
    { title, narrow: true },
    html`<h1>${title}</h1>
<p class="lead">${lost}</p>
<form class="actions" method="post" action="${action}">
<button class="primary" type="submit" name="${field[0]}" value="${field[1]}">${yes}</button>
<a class="button" href="${back}">Cancel</a>
</form>`,
  );
}

function questionOf(store: SandboxStore, query: URLSearchParams): Question | undefined {
  const member = store.members.get(query.get('persona') ?? '');
  switch (query.get('action')) {
    case 'reset-kept':
      return resetQuestion(
        true,
        'Everybody is logged out, and what you changed about personas, failures, switches and the clock is undone.',
      );
    case 'reset-all':
      return resetQuestion(
        false,
        `${clientsOf(store)} The apps that use them cannot log anybody in until they are registered again. Everything else starts over as well.`,
      );
    case 'clear-ledger':
      return {
        title: 'Empty the ledger?',
        lost: 'The requests so far are gone. Download them as HAR first, if you may need them.',
        yes: 'Yes, empty the ledger',
        action: '/__sandbox/ledger',
        field: ['action', 'clear'],
        back: '/__sandbox/ledger',
      };
    case 'revoke':
      return member && revokeQuestion(member);
    default:
      return undefined;
  }
}

function resetQuestion(keepClients: boolean, lost: string): Question {
  return {
    title: keepClients ? 'Start over?' : 'Start over without clients?',
    lost,
    yes: keepClients ? 'Yes, start over' : 'Yes, delete the clients too',
    action: '/__sandbox/reset',
    field: ['keepClients', String(keepClients)],
    back: '/',
  };
}

function clientsOf({ clients }: SandboxStore): string {
  if (clients.size === 0) return 'No client is registered.';
  return clients.size === 1
    ? 'One registered client is deleted.'
    : `${clients.size} registered clients are deleted.`;
}

function revokeQuestion(member: Member): Question {
  return {
    title: `Revoke the apps of ${displayName(member)}?`,
    lost: 'Every app that they authorized loses its tokens for good. They can log in and authorize it again.',
    yes: 'Yes, revoke',
    action: `/__sandbox/personas/${member.id}/revoke`,
    field: ['confirmed', 'true'],
    back: '/__sandbox/personas',
  };
}
