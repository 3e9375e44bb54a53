/** Writes a path the way messages show it: `nodes[2].config.model.name`. */
export function fieldPath(...path: readonly PropertyKey[]): string {
  let text = '';
  for (const part of path) {
    if (typeof part === 'number') text += `[${part}]`;
    else text += text === '' ? String(part) : `.${String(part)}`;
  }
  return text;
}

/** Puts a path that a node's configuration gives as text (`prompt_template[1].text`) behind a base. */
export function fieldWithin(base: string, field: string): string {
  if (field === '') return base;
  return field.startsWith('[') ? `${base}${field}` : `${base}.${field}`;
}
