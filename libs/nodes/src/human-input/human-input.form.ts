import {
  type Answer,
  type Form,
  type FormField,
  fieldSlot,
  type Json,
  type JsonObject,
  type Read,
  renderTextTemplate,
  type Settlement,
  valueAsText,
  type Waiting,
} from '@treadle/workflow';
import { isChosen } from '../fields.js';
import type { HumanInput, HumanInputConfig } from './human-input.descriptor.js';

/** The branch taken when nobody answers in time. */
export const timeoutHandle = '__timeout__';

/** The form with all values filled in: it does not change while it waits. */
export function formOf(config: HumanInputConfig, read: Read, at: number): Waiting {
  const form: Form = {
    content: renderTextTemplate(config.form_content, read),
    fields: config.inputs.map((input) => fieldOf(input, read)),
    actions: config.user_actions.map(({ id, title, button_style }) => ({
      id,
      title: title || id,
      ...(button_style ? { style: button_style } : {}),
    })),
  };
  const { timeout, timeout_unit } = config;
  if (timeout == null) return { form };
  return { form, dueAt: at + Math.round(timeout * (timeout_unit === 'day' ? 86_400_000 : 3_600_000)) };
}

function fieldOf(
  { type, output_variable_name: name, default: preset, option_source }: HumanInput,
  read: Read,
): FormField {
  const first = valueOf(preset, read);
  const options = type === 'select' ? valueOf(option_source, read) : undefined;
  return {
    name,
    type,
    ...(first === undefined || first === '' ? {} : { default: first }),
    ...(type === 'select'
      ? { options: Array.isArray(options) ? (options as readonly Json[]).map(valueAsText) : [] }
      : {}),
  };
}

function valueOf(source: HumanInput['default'] | HumanInput['option_source'], read: Read): Json | undefined {
  if (source == null) return undefined;
  if (source.type === 'constant') return source.value ?? undefined;
  return source.selector != null && isChosen(source.selector) ? read(source.selector) : undefined;
}

export function answeredForm(form: Form, { action, values }: Answer): Settlement {
  const title = form.actions.find(({ id }) => id === action)?.title ?? action;
  return { outputs: outputsOf(form, values, action, title), handle: action };
}

/** Nobody answered: the fields hold what stood in them before. */
export function elapsedForm({ form }: Waiting): Settlement {
  return { outputs: form ? outputsOf(form, {}, timeoutHandle, '') : {}, handle: timeoutHandle };
}

function outputsOf(form: Form, given: JsonObject, action: string, title: string): JsonObject {
  const values = Object.fromEntries(
    form.fields.map(({ name, type, default: preset }) => [name, given[name] ?? preset ?? emptyField(type)]),
  );
  const content = form.content.replace(fieldSlot, (whole, name: string) =>
    Object.hasOwn(values, name) ? valueAsText(values[name] ?? null) : whole,
  );
  return { ...values, __action_id: action, __action_value: title, __rendered_content: content };
}

function emptyField(type: FormField['type']): Json {
  return type === 'file-list' ? [] : type === 'file' ? null : '';
}
