import { createHash } from 'node:crypto';
import type { Approval } from '@treadle/contracts';
import { type Form, type FormField, fieldSlot, type JsonObject, valueAsText } from '@treadle/workflow';
import { formOf } from './approval.view.js';
import { escapeHtml, markdownHtml } from './markdown.js';

const style = `
:root{color-scheme:light dark}
body{font:17px/1.5 system-ui,sans-serif;max-width:38rem;margin:0 auto;padding:1.5rem 1rem 3rem}
h1{font-size:1.5rem;line-height:1.25}
label,.field{display:block;margin:1rem 0;overflow-wrap:anywhere}
textarea,select,input{display:block;box-sizing:border-box;width:100%;margin-top:.3rem;padding:.6rem;font:inherit}
textarea{min-height:6rem}
button{font:inherit;padding:.7rem 1.4rem;margin:.5rem .5rem 0 0;border:1px solid #8888;border-radius:.5rem;cursor:pointer}
button.primary{background:#1b5fd9;border-color:#1b5fd9;color:#fff}
.problem{border-left:.3rem solid #c62828;padding:.4rem .8rem}
.note{opacity:.75}
code{overflow-wrap:anywhere}`;

/** Nothing is loaded, nothing is run, the form goes to where it came from, and nobody shows the page inside another one. */
export const pagePolicy = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'`,
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** What a person has written so far, to be shown again beside what is wrong with it. */
export interface Draft {
  readonly values: JsonObject;
  readonly by: string;
  readonly problem: string;
}

/** The page of an approval: its form while it is asked, and afterwards what became of it. */
export function approvalPage(approval: Approval, draft?: Draft): string {
  const title = approval.title || 'A question';
  const form = formOf(approval);
  return page(title, approval.status === 'pending' ? openForm(approval, form, draft) : outcome(approval, form));
}

/** A page that only tells something. */
export function messagePage(title: string, message: string): string {
  return page(title, `<p>${escapeHtml(message)}</p>`);
}

function page(title: string, body: string): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${escapeHtml(title)}</title>
<style>${style}</style>
<h1>${escapeHtml(title)}</h1>
${body}
</html>
`;
}

function openForm({ dueUnixMs }: Approval, form: Form, draft: Draft | undefined): string {
  const shown = new Set<string>();
  const controls = new Map(form.fields.map((field) => [field.name, control(field, draft?.values)]));
  const content = markdownHtml(form.content).replace(fieldSlot, (slot, name: string) => {
    const found = controls.get(name);
    if (found === undefined || shown.has(name)) return slot;
    shown.add(name);
    return found;
  });
  const rest = form.fields.filter(({ name }) => !shown.has(name)).map(({ name }) => controls.get(name));
  return `${draft ? `<p class="problem" role="alert">${escapeHtml(draft.problem)}</p>` : ''}
<form method="post">
${[content, ...rest].join('\n')}
<label>Your name<input name="by" maxlength="200" autocomplete="name" value="${escapeHtml(draft?.by ?? '')}"></label>
${form.actions.map(button).join('\n')}
</form>
${dueUnixMs === 0 ? '' : `<p class="note">To be answered before ${when(dueUnixMs)}.</p>`}`;
}

function button({ id, title, style: look }: Form['actions'][number]): string {
  const named = `name="action" value="${escapeHtml(id)}"`;
  return `<button ${named}${look === 'primary' ? ' class="primary"' : ''}>${escapeHtml(title)}</button>`;
}

function control({ name, type, default: preset, options = [] }: FormField, values: JsonObject | undefined): string {
  const value = valueAsText(values?.[name] ?? preset ?? '');
  const named = `name="values.${escapeHtml(name)}"`;
  switch (type) {
    case 'paragraph':
      // The first line break of a textarea is dropped when it is read.
      return `<label>${escapeHtml(name)}<textarea ${named}>\n${escapeHtml(value)}</textarea></label>`;
    case 'select': {
      const choices = options.includes(value) ? options : ['', ...options];
      const choice = (one: string) => `<option${one === value ? ' selected' : ''}>${escapeHtml(one)}</option>`;
      return `<label>${escapeHtml(name)}<select ${named}>${choices.map(choice).join('')}</select></label>`;
    }
    case 'file':
    case 'file-list':
      return `<span class="field note">${escapeHtml(name)}: files are given through the API.</span>`;
  }
}

function outcome({ status, action, answeredBy, answeredUnixMs }: Approval, form: Form): string {
  if (status !== 'answered') {
    return status === 'expired'
      ? '<p>Nobody answered in time, and the run went on without an answer.</p>'
      : '<p>This is not asked any more: the run ended, or gave this part up.</p>';
  }
  const title = form.actions.find(({ id }) => id === action)?.title ?? action;
  const by = answeredBy === '' ? '' : ` by ${escapeHtml(answeredBy)}`;
  return `<p>Answered <strong>${escapeHtml(title)}</strong>${by} at ${when(answeredUnixMs)}. Thank you.</p>`;
}

function when(unixMs: number): string {
  const moment = new Date(unixMs).toISOString();
  return `<time datetime="${moment}">${moment.slice(0, 16).replace('T', ' ')} UTC</time>`;
}
