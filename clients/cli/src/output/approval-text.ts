import type { Approval } from '../api-types.js';

/** An approval for a person: what is asked, what can be answered, and what became of it. */
export function approvalText({ title, status, form, url, due_at, answer, run_id }: Approval): string {
  const fields = form.fields.map(({ name, type, options }) => {
    const choices = options === undefined ? '' : `: ${options.join(', ')}`;
    return `  ${name} (${type}${choices})`;
  });
  const answered = answer ? [`Answered "${answer.action}"${answer.by ? ` by ${answer.by}` : ''} at ${answer.at}`] : [];
  return [
    `${title}  ${status}`,
    '',
    form.content,
    '',
    ...(fields.length > 0 ? ['Fields:', ...fields] : []),
    `Actions: ${form.actions.map(({ id }) => id).join(', ')}`,
    ...(due_at ? [`Due:     ${due_at}`] : []),
    `Run:     ${run_id}`,
    `Page:    ${url}`,
    ...answered,
  ].join('\n');
}
