import { SandboxError } from './sandbox-error.ts';
import type { SwitchField } from './switch-fields.ts';
import { SWITCH_FIELDS, SWITCH_NAMES } from './switch-fields.ts';
import type { Switches } from './switches.ts';

/** Checks changes to the switches. Throws `SandboxError` naming the first bad one. */
export function checkSwitches(changes: object): Partial<Switches> {
  for (const [name, value] of Object.entries(changes)) {
    if (!Object.hasOwn(SWITCH_FIELDS, name)) {
      throw new SandboxError(`There is no switch "${name}". There are: ${SWITCH_NAMES.join(', ')}.`);
    }
    const rule = brokenRule(SWITCH_FIELDS[name as keyof Switches], value);
    if (rule) throw new SandboxError(`${name} must be ${rule}.`);
  }
  return changes;
}

/** Reads the form of the switches' page, where every switch is a field. */
export function switchesFromForm(form: Record<string, string>): Partial<Switches> {
  const entries = SWITCH_NAMES.map((name) => [name, fromText(SWITCH_FIELDS[name], form[name])]);
  return checkSwitches(Object.fromEntries(entries));
}

/** Reads a switch from text, as in `name=value`. */
export function switchFromText(name: string, text: string): Partial<Switches> {
  const field = SWITCH_NAMES.find((known) => known === name);
  const value = field && fromText(SWITCH_FIELDS[field], text);
  return checkSwitches({ [name]: value ?? text });
}

function brokenRule(field: SwitchField, value: unknown): string | undefined {
  if (field.kind === 'flag') return typeof value === 'boolean' ? undefined : 'true or false';
  if (field.kind === 'choice') {
    return field.choices.some((choice) => choice === value)
      ? undefined
      : `one of ${field.choices.join(', ')}`;
  }
  const { from, to } = field;
  const fits = Number.isInteger(value) && Number(value) >= from && Number(value) <= to;
  return fits ? undefined : `a whole number from ${from} to ${to}`;
}

function fromText(field: SwitchField, text = ''): unknown {
  if (field.kind === 'flag')
    return text === 'on' || text === 'true' ? true : text === '' || text === 'false' ? false : text;
  if (field.kind === 'choice') return field.choices.find((choice) => String(choice) === text) ?? text;
  return /^\d{1,9}$/.test(text) ? Number(text) : text;
}
