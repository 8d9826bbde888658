import type { Html } from './html.ts';
import { html } from './html.ts';
import { layout } from './layout.ts';

/** What a person meets when the failure menu makes a page of LaunchDarkly's fail. */
export function failurePage(status: number): Html {
  return layout(
    { title: `Error ${status}`, narrow: true },
    html`<h1>Error ${status}</h1>
<p class="lead" role="alert">LaunchDarkly would have failed here, because a failure is switched on in the sandbox.</p>
<p class="actions"><a class="button" href="/__sandbox/faults">Open the failure menu</a></p>`,
  );
}
