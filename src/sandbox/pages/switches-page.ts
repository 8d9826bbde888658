import { SWITCH_FIELDS, SWITCH_NAMES } from '../switch-fields.ts';
import type { Switches } from '../switches.ts';
import type { Html } from './html.ts';
import { html } from './html.ts';
import { layout } from './layout.ts';

/** How this LaunchDarkly behaves where nothing public says how the real one does. */
export function switchesPage(switches: Switches): Html {
  return layout(
    { title: 'Switches', section: '/__sandbox/switches' },
    html`<h1>Switches</h1>
<p class="lead">Where nothing public says how LaunchDarkly behaves, the sandbox takes the stricter way, and you can switch to the
other. They last until the sandbox is reset or ends.</p>
<form class="switches card" method="post" action="/__sandbox/switches">
${SWITCH_NAMES.map((name) => html`<div class="switch">${control(name, switches)}<code>${name}</code></div>`)}
<p class="actions"><button class="primary" type="submit">Save</button></p>
</form>`,
  );
}

function control(name: keyof Switches, switches: Switches): Html {
  const field = SWITCH_FIELDS[name];
  const value = switches[name];
  if (field.kind === 'flag') {
    return html`<label class="check"><input type="checkbox" name="${name}"${value === true && html` checked`}> ${field.title}</label>`;
  }
  if (field.kind === 'choice') {
    return html`<label>${field.title}<select name="${name}">${field.choices.map(
      (choice) => html`<option${choice === value && html` selected`}>${choice}</option>`,
    )}</select></label>`;
  }
  return html`<label>${field.title} (${field.unit})<input type="number" name="${name}" value="${String(value)}" min="${field.from}" max="${field.to}"></label>`;
}
