import type { Endpoint } from '../faults/endpoints.ts';
import { ENDPOINT_NAMES, ENDPOINTS } from '../faults/endpoints.ts';
import type { Fault } from '../faults/fault-menu.ts';
import { FAULT_KINDS, faultsFor } from '../faults/fault-menu.ts';
import { networkFaults } from '../faults/network-faults.ts';
import type { PresetName } from '../faults/presets.ts';
import { PRESET_NAMES, PRESETS } from '../faults/presets.ts';
import type { SandboxStore } from '../store.ts';
import type { Html } from './html.ts';
import { html } from './html.ts';
import { layout } from './layout.ts';
import { accountOf, displayName } from './member-names.ts';
import { noticeOf } from './notice.ts';

/** The failure menu: what is switched on, situations to try, and for every endpoint each failure that it can have. */
export function faultsPage(store: SandboxStore, query: URLSearchParams): Html {
  const { faults } = store;
  return layout(
    { title: 'Failures', section: '/__sandbox/faults', notice: noticeOf(store, query) },
    html`<h1>Failure menu</h1>
<p class="lead">Everything LaunchDarkly could do to an app. Switch a failure on, use the app, and see what its users see.</p>
<section class="on-now" aria-labelledby="on">
<h2 id="on">On now</h2>
${faults.length === 0 ? html`<p class="aside">Nothing: all is well.</p>` : activeFaults(faults)}
</section>
<section aria-labelledby="presets">
<h2 id="presets">Situations to try</h2>
<p class="aside">Each replaces what is on now.</p>
<ul class="menu">${PRESET_NAMES.map((name) => presetCard(store, name))}</ul>
</section>
<section aria-labelledby="menu">
<h2 id="menu">Every failure, endpoint by endpoint</h2>
<div class="menu">
${everywhere()}
${ENDPOINT_NAMES.map(endpointForm)}
</div>
</section>
<p class="aside">From a program: <code>POST /__sandbox/presets</code> with <code>{"preset":"launchdarkly-down"}</code>, or
<code>PUT /__sandbox/faults</code> with <code>{"faults":[{"endpoint":"token","fault":"http_503","times":2}]}</code>; a failure
without <code>times</code> stays until it is switched off.</p>`,
  );
}

function presetCard(store: SandboxStore, name: PresetName): Html {
  const { title, what, expect, effect } = PRESETS[name];
  return html`<li class="card">
<h3>${title}</h3>
<p>${what}</p>
<p class="aside"><strong>Expect:</strong> ${expect}</p>
<form class="inline" method="post" action="/__sandbox/presets">
<input type="hidden" name="preset" value="${name}">
${
  effect.type === 'person' &&
  html`<label>Who<select name="persona" aria-label="Who: ${title}">${[...store.members.values()].map(
    (member) =>
      html`<option value="${member.id}">${displayName(member)}, ${accountOf(store, member).organization}</option>`,
  )}</select></label>`
}
<button type="submit" aria-label="Try it: ${title}">Try it</button>
</form>
</li>`;
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
  const often = times === undefined ? 'until switched off' : times === 1 ? 'once' : `${times} times`;
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
<label>How often<select name="times"><option value="1">once</option><option value="3">3 times</option><option value="">until switched off</option></select></label>
<label>Delay in ms<input type="number" name="delayMs" min="0" max="600000" step="100" placeholder="0"></label>
<button type="submit">Switch on</button>
</form>`;
}
