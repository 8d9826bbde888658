import type { Endpoint } from '../faults/endpoints.ts';
import { ENDPOINT_NAMES, ENDPOINTS } from '../faults/endpoints.ts';
import type { Fault } from '../faults/fault-menu.ts';
import { FAULT_KINDS, faultsFor } from '../faults/fault-menu.ts';
import { networkFaults } from '../faults/network-faults.ts';
import type { SandboxStore } from '../store.ts';
import type { Html } from './html.ts';
import { html } from './html.ts';
import { layout } from './layout.ts';

/** The failure menu: what is switched on, and for every endpoint what can be. */
export function faultsPage({ faults }: SandboxStore): Html {
  return layout(
    { title: 'Failures', section: '/__sandbox/faults' },
    html`<h1>Failure menu</h1>
<p class="lead">Everything LaunchDarkly could do to an app. Switch a failure on, use the app, and see what its users see.</p>
<section aria-labelledby="on">
<h2 id="on">Switched on</h2>
${faults.length === 0 ? html`<p class="aside">Nothing: all is well.</p>` : activeFaults(faults)}
</section>
<section aria-labelledby="menu">
<h2 id="menu">Switch on</h2>
<div class="menu">
${everywhere()}
${ENDPOINT_NAMES.map(endpointForm)}
</div>
</section>
<p class="aside">From a program: <code>PUT /__sandbox/faults</code> with
<code>{"faults":[{"endpoint":"token","fault":"http_503","times":2}]}</code>; a failure without <code>times</code> stays until reset.</p>`,
  );
}

function activeFaults(faults: readonly Fault[]): Html {
  return html`<ul class="rows">${faults.map(
    (fault, index) => html`<li>
<span><strong>${FAULT_KINDS[fault.fault].title}</strong><br><span class="aside">${where(fault)}, ${howOften(fault)}</span></span>
<form method="post" action="/__sandbox/faults"><input type="hidden" name="action" value="off">
<button type="submit" name="index" value="${index}" aria-label="Switch off: ${FAULT_KINDS[fault.fault].title}">Switch off</button></form>
</li>`,
  )}</ul>
<form method="post" action="/__sandbox/faults"><button type="submit" name="action" value="clear">Switch all off</button></form>`;
}

function where({ endpoint, method }: Fault): string {
  const place = endpoint === '*' ? 'everywhere' : endpoint;
  return method === undefined ? place : `${place}, ${method} only`;
}

function howOften({ times, delayMs }: Fault): string {
  const often = times === undefined ? 'until reset' : times === 1 ? 'once' : `${times} times`;
  return delayMs === undefined ? often : `${often}, after ${delayMs} ms`;
}

function everywhere(): Html {
  const options = Object.entries(networkFaults).filter(([, kind]) => kind.endpoints === ENDPOINT_NAMES);
  return faultForm(
    '*',
    { title: 'Everywhere at once', path: 'LaunchDarkly is down' },
    options.map(([name, { title }]) => ({ name, title })),
  );
}

function endpointForm(endpoint: Endpoint): Html {
  const options = faultsFor(endpoint).map((name) => ({ name, title: FAULT_KINDS[name].title }));
  return faultForm(endpoint, ENDPOINTS[endpoint], options);
}

function faultForm(
  endpoint: Endpoint | '*',
  { title, path }: { title: string; path: string },
  options: readonly { name: string; title: string }[],
): Html {
  const id = endpoint === '*' ? 'everywhere' : endpoint;
  return html`<form class="card fields" method="post" action="/__sandbox/faults" aria-labelledby="${id}-title">
<h3 id="${id}-title">${title} <small>${path}</small></h3>
<input type="hidden" name="endpoint" value="${endpoint}">
<label>Failure<select name="fault">${options.map(({ name, title }) => html`<option value="${name}">${title}</option>`)}</select></label>
<label>How often<select name="times"><option value="1">once</option><option value="3">3 times</option><option value="">until reset</option></select></label>
<label>Wait before, in ms<input type="number" name="delayMs" min="0" max="600000" step="100" placeholder="0"></label>
<button type="submit">Switch on</button>
</form>`;
}
