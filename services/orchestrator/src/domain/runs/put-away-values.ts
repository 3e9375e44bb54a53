import type { RunEvent } from '@treadle/engine';
import { type JoinedValue, type Json, type JsonObject, largeMark, mapLarge } from '@treadle/workflow';
import type { RunFacts } from './run-journal.js';

/** Where values stay that are too large to travel with a run. */
export interface LargeValues {
  /** Puts the largest members away until the rest is small; references that are there already stay. */
  putAway(
    owner: { readonly tenantId: string; readonly runId: string },
    values: JsonObject,
    trusted: true,
  ): Promise<JsonObject>;
  /** @throws FailureError `value_missing` when something is gone, `unavailable`. */
  readBack(tenantId: string, value: Json): Promise<Json>;
}

/**
 * The same events with their large values put away, before they are kept: what callers gave, what the engine itself has made, and texts
 * that it could not join. New values of conversation variables stay, which have a limit of their own.
 */
export async function putAwayValues(
  { id: runId, tenantId }: RunFacts,
  events: readonly RunEvent[],
  values: LargeValues,
): Promise<RunEvent[]> {
  const short = async (object: JsonObject) =>
    values.putAway({ tenantId, runId }, await withTextsJoined(tenantId, object, values), true);
  return Promise.all(events.map((event) => withShortValues(event, short)));
}

type Shorten = (values: JsonObject) => Promise<JsonObject>;

async function withShortValues(event: RunEvent, short: Shorten): Promise<RunEvent> {
  switch (event.type) {
    case 'run-queued':
    case 'run-started':
      return { ...event, inputs: await short(event.inputs), sys: await short(event.sys) };
    case 'node-completed':
    case 'run-completed':
      return { ...event, outputs: await short(event.outputs) };
    case 'node-opened': {
      const { items, variables } = event;
      return {
        ...event,
        ...(items ? ((await short({ items })) as Pick<typeof event, 'items'>) : {}),
        ...(variables ? { variables: await short(variables) } : {}),
      };
    }
    case 'round-completed': {
      const { output = null } = await short({ output: event.output });
      return { ...event, output };
    }
    case 'variables-assigned':
      return event.owner === 'conversation' ? event : { ...event, values: await short(event.values) };
    case 'form-answered':
      return { ...event, values: await short(event.values) };
    default:
      return event;
  }
}

async function withTextsJoined(tenantId: string, object: JsonObject, values: LargeValues): Promise<JsonObject> {
  const texts = new Map<JoinedValue, Json>();
  mapLarge(object, (facts) => {
    if ('joined' in facts) texts.set(facts, null);
    return null;
  });
  if (texts.size === 0) return object;
  for (const facts of texts.keys()) texts.set(facts, await values.readBack(tenantId, { [largeMark]: facts }));
  const joined = mapLarge(object, (facts) => ('joined' in facts ? (texts.get(facts) ?? null) : { [largeMark]: facts }));
  return joined as JsonObject;
}
