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
redirect URI with what is registered. Somebody may also have started the sandbox over without clients: then the app has to
register again, which the demo does when you restart it.</p>
<p class="actions"><a class="button" href="/">See what is registered here</a></p>`,
  );
}

/** For a form of the sandbox's own that asks for something impossible. Nothing was changed. */
export function refusedFormPage(reason: string): Html {
  return layout(
    { title: 'Not done', narrow: true },
    html`<h1>Nothing was changed</h1>
<p class="lead" role="alert">${reason}</p>
<p class="actions"><a class="button" href="/">Overview</a></p>`,
  );
}
