import type { Form } from '@treadle/workflow';
import { seconds } from './run.view.js';

/** What a person is asked, as Dify shows it. */
export function formView({ content, fields, actions }: Form, dueUnixMs: number | undefined) {
  return {
    form_content: content,
    inputs: fields.map(({ name, type, default: standard = null, options }) => ({
      type,
      output_variable_name: name,
      default: { type: 'constant', value: standard, selector: [] },
      ...(options && { option_source: { type: 'constant', value: options } }),
    })),
    user_actions: actions.map(({ id, title, style }) => ({ id, title, button_style: style ?? 'default' })),
    resolved_default_values: Object.fromEntries(
      fields.flatMap(({ name, default: standard }) => (standard === undefined ? [] : [[name, standard]])),
    ),
    expiration_time: seconds(dueUnixMs ?? 0),
  };
}
