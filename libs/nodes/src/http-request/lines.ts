import { type Read, renderTextTemplate } from '@treadle/workflow';

/**
 * Reads lines `name:value` and fills in values. The lines are split first, so that a value with a line break cannot add a line.
 * Lines without a name are left out.
 */
export function renderLines(text: string, read: Read): (readonly [name: string, value: string])[] {
  return text.split('\n').flatMap((line) => {
    const colon = line.indexOf(':');
    const [name, value] = colon < 0 ? [line, ''] : [line.slice(0, colon), line.slice(colon + 1)];
    const rendered = renderTextTemplate(name.trim(), read);
    return rendered === '' ? [] : [[rendered, renderTextTemplate(value.trim(), read)] as const];
  });
}
