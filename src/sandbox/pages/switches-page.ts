import type { SandboxStore } from '../store.ts';
import type { SwitchField } from '../switch-fields.ts';
import { SWITCH_GROUPS } from '../switch-fields.ts';
import type { Switches } from '../switches.ts';
import { DEFAULT_SWITCHES } from '../switches.ts';
import type { Html } from './html.ts';
import { html } from './html.ts';
import { layout } from './layout.ts';
import { noticeOf } from './notice.ts';

/** How this LaunchDarkly behaves where nothing public says how the real one does. */
export function switchesPage(store: SandboxStore, query: URLSearchParams): Html {
  return layout(
    { title: 'Switches', section: '/__sandbox/switches', notice: noticeOf(store, query) },
    html`<h1>Switches</h1>
<p class="lead">Where nothing public says how LaunchDarkly behaves, the sandbox takes the stricter way, and you can switch to the
other. They last until you start over or the sandbox ends.</p>
<form class="switches" method="post" action="/__sandbox/switches">
${Object.entries(SWITCH_GROUPS).map(([group, fields]) => fieldset(group, fields, store.switches))}
<p class="actions"><button class="primary" type="submit">Save</button></p>
</form>`,
  );
}

function fieldset(
  group: string,
  fields: Partial<Record<keyof Switches, SwitchField>>,
  switches: Switches,
): Html {
  const names = Object.keys(fields) as (keyof Switches)[];
  return html`<fieldset class="card"><legend>${group}</legend>
${names.map((name) => row(name, fields[name], switches))}
</fieldset>`;
}

function row(name: keyof Switches, field: SwitchField | undefined, switches: Switches): Html {
  const changed = switches[name] !== DEFAULT_SWITCHES[name];
  return html`<div class="switch">${field && control(name, field, switches)}
<p class="aside" id="${name}-means">${field?.meaning} <code>${name}</code>${
    changed && html` <span class="tag">changed; default ${String(DEFAULT_SWITCHES[name])}</span>`
  }</p></div>`;
}

function control(name: keyof Switches, field: SwitchField, switches: Switches): Html {
  const value = switches[name];
  const described = html` aria-describedby="${name}-means"`;
  if (field.kind === 'flag') {
    return html`<label class="check"><input type="checkbox" name="${name}"${value === true && html` checked`}${described}> ${field.title}</label>`;
  }
  if (field.kind === 'choice') {
    return html`<label class="value">${field.title}<select name="${name}"${described}>${field.choices.map(
      (choice) => html`<option${choice === value && html` selected`}>${choice}</option>`,
    )}</select></label>`;
  }
  return html`<label class="value"><span>${field.title} <small>${field.unit}</small></span><input type="number" name="${name}" value="${String(value)}" min="${field.from}" max="${field.to}"${described}></label>`;
}
