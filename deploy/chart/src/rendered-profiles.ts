import { type Rendered, readProfiles, render } from './helm.js';

/** Every profile once, by its name. */
export async function renderProfiles(): Promise<Map<string, Rendered>> {
  const rendered = Object.entries(readProfiles()).map(
    async ([name, values]): Promise<[string, Rendered]> => [name, await render({ values })],
  );
  return new Map(await Promise.all(rendered));
}
