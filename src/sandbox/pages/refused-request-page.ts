import type { Html } from './html.ts';
import { html } from './html.ts';
import { layout } from './layout.ts';

/** For an authorization request that must not be answered by a redirect: RFC 6749, section 4.1.2.1. */
export function refusedRequestPage(reason: string): Html {
  return layout(
    { title: 'Request refused', narrow: true },
    html`<h1>This login cannot go on</h1>
<p class="lead" role="alert">${reason}</p>
<p>You are not sent back, because the address to send you to cannot be trusted. If the app is yours, compare its client id and
redirect URI with what is registered; otherwise tell whoever runs it.</p>`,
  );
}
