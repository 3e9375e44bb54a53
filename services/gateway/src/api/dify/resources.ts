import { isJsonObject, type Json } from '@treadle/workflow';

/** What a search in datasets has found, for the sources below an answer; nothing of nodes of other types. */
export function resourcesOf(
  nodeType: string,
  outputs: Readonly<Record<string, Json | undefined>>,
): Record<string, Json>[] {
  const { result } = outputs;
  if (nodeType !== 'knowledge-retrieval' || !Array.isArray(result)) return [];
  return (result as readonly Json[]).filter(isJsonObject).map(({ title, content, metadata }, index) => ({
    ...(isJsonObject(metadata) ? metadata : {}),
    position: index + 1,
    title: title ?? '',
    content: content ?? '',
  }));
}
