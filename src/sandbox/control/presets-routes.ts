import type { RequestHandler } from 'express';
import { setFaults } from '../faults/active-faults.ts';
import type { PresetName } from '../faults/presets.ts';
import { PRESET_NAMES, PRESETS } from '../faults/presets.ts';
import { changePersona, revokeAuthorizations } from '../personas.ts';
import { SandboxError } from '../sandbox-error.ts';
import type { SandboxStore } from '../store.ts';
import { backTo, isForm, readFields, readObject } from './request-input.ts';

/**
 * `POST /__sandbox/presets` with `{"preset": "launchdarkly-down"}`: switches a situation on, instead of the failures that
 * are on. Those that happen to one person need `"persona"`, a member id or e-mail address.
 */
export function applyPreset(store: SandboxStore): RequestHandler {
  return async (req, res) => {
    const { preset, persona } = isForm(req) ? readFields(req) : readObject(req);
    const name = PRESET_NAMES.find((known) => known === preset);
    if (!name)
      throw new SandboxError(`There is no preset "${preset}". There are: ${PRESET_NAMES.join(', ')}.`);
    apply(store, name, persona);
    await store.saved();
    if (isForm(req)) backTo(res, '/__sandbox/faults', { done: 'preset', preset: name });
    else res.json({ preset: name, faults: store.faults });
  };
}

function apply(store: SandboxStore, name: PresetName, persona: unknown): void {
  const { effect } = PRESETS[name];
  if (effect.type === 'faults') setFaults(store.faults, effect.faults);
  else if (typeof persona === 'string') happenTo(store, persona, effect.happens);
  else throw new SandboxError(`The preset "${name}" needs a persona.`);
}

function happenTo(store: SandboxStore, persona: string, what: 'removed' | 'downgraded' | 'revoked'): void {
  if (what === 'removed') changePersona(store, persona, { removed: true });
  else if (what === 'downgraded') changePersona(store, persona, { role: 'no_access', customRoles: [] });
  else revokeAuthorizations(store, persona);
}
