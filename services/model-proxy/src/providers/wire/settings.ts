/** The given settings by the vendor's names; those it does not know become warnings. */
export function keepSettings(
  given: Readonly<Record<string, unknown>>,
  names: Readonly<Record<string, string>>,
  provider: string,
): { readonly kept: Record<string, unknown>; readonly warnings: string[] } {
  const kept: Record<string, unknown> = {};
  const warnings: string[] = [];
  for (const [name, value] of Object.entries(given)) {
    if (value === null || value === undefined) continue;
    const known = Object.hasOwn(names, name) ? names[name] : undefined;
    if (known !== undefined) kept[known] = value;
    else warnings.push(`The setting "${name}" was left out: the provider "${provider}" has none like it.`);
  }
  return { kept, warnings };
}

/** A list of texts, whether one or several were given. */
export function asList(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [value];
}
