import { PRESET_NAMES, PRESETS } from '../faults/presets.ts';
import type { SandboxStore } from '../store.ts';
import type { Html } from './html.ts';
import { html } from './html.ts';
import { accountOf, displayName } from './member-names.ts';

/** What has just been done, and what comes next. */
interface Notice {
  done: string;
  next: string;
}

const NEXT_CHECK =
  'Your app notices when it next asks LaunchDarkly: after SESSION_REVALIDATE in this project’s app. Reload one of its pages then.';

const NOTICES: Readonly<Record<string, Notice>> = {
  'fault-on': { done: 'Switched on.', next: 'Use your app now, and see what its users see.' },
  'fault-off': { done: 'Switched off.', next: 'Try the same thing in your app again: it should work.' },
  'faults-clear': {
    done: 'Everything is switched off.',
    next: 'Your app should work again without a restart.',
  },
  'ledger-cleared': { done: 'The ledger is empty.', next: 'Use your app, then reload this page.' },
  'switches-saved': { done: 'Saved.', next: 'It holds from the next request on, until you start over.' },
  'sessions-forgotten': { done: 'Nobody is logged in here now.', next: 'The next login asks who is there.' },
  'reset-kept': {
    done: 'Started over.',
    next: 'Everybody is logged out and the personas are back. Your app’s client is still registered: log in again.',
  },
  'reset-all': {
    done: 'Started over, without clients.',
    next: 'Your app has to register again. The demo does when you restart it.',
  },
};

/** The notice that the query of a page asks for: `done` names it, `persona` or `preset` say more. Nothing else is shown. */
export function noticeOf(store: SandboxStore, query: URLSearchParams): Html | false {
  const notice = personaNotice(store, query) ?? presetNotice(query) ?? clockNotice(store, query);
  const { done, next } = notice ?? NOTICES[query.get('done') ?? ''] ?? {};
  return (
    done !== undefined &&
    html`<div class="notice" role="status"><p><strong>${done}</strong> ${next}</p></div>`
  );
}

function presetNotice(query: URLSearchParams): Notice | undefined {
  const name = PRESET_NAMES.find((name) => name === query.get('preset'));
  if (query.get('done') !== 'preset' || !name) return undefined;
  return { done: `${PRESETS[name].title}: done.`, next: `What to expect: ${PRESETS[name].expect}` };
}

function clockNotice({ clock }: SandboxStore, query: URLSearchParams): Notice | undefined {
  if (query.get('done') !== 'clock') return undefined;
  return {
    done: `It is ${new Date(clock.now()).toISOString().slice(0, 16).replace('T', ' ')} UTC here now.`,
    next: 'Codes and tokens that lived until before are expired. Your app’s own clock has not moved.',
  };
}

function personaNotice(store: SandboxStore, query: URLSearchParams): Notice | undefined {
  const member = store.members.get(query.get('persona') ?? '');
  if (!member) return undefined;
  const who = displayName(member);
  const { organization } = accountOf(store, member);
  switch (query.get('done')) {
    case 'removed':
      return { done: `${who} is removed from ${organization}.`, next: NEXT_CHECK };
    case 'put-back':
      return {
        done: `${who} is back in ${organization}.`,
        next: 'They can log in again. Their old sessions stay ended.',
      };
    case 'role':
      return { done: `${who} has the role ${member.role} now.`, next: NEXT_CHECK };
    case 'revoked':
      return { done: `Every app that ${who} authorized has lost its tokens.`, next: NEXT_CHECK };
    default:
      return undefined;
  }
}
