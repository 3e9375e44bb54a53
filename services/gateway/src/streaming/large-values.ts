import type { RunEvent } from '@treadle/engine';
import { FailureError } from '@treadle/failure';
import { type Json, largeIn, largeMark, mapLarge } from '@treadle/workflow';

/** JSON in which every large value of a run is shown as its size and its address: `{ "$large": { bytes, url, path? } }`. */
export function withAddresses(json: string): string {
  if (!json.includes(`"${largeMark}"`)) return json;
  const shown = mapLarge(JSON.parse(json) as Json, (facts): Json => {
    const { bytes } = facts;
    if (!('key' in facts)) return { [largeMark]: { bytes } };
    const [, runId = '', hash = ''] = facts.key.split('/');
    const url = `/api/v1/runs/${runId}/values/${hash}`;
    return { [largeMark]: facts.path ? { bytes, url, path: facts.path } : { bytes, url } };
  });
  return JSON.stringify(shown);
}

/** An event with its large values read back, for the text that shows them. One that is gone shows nothing. */
export async function withTexts(event: RunEvent, readBack: (value: Json) => Promise<Json>): Promise<RunEvent> {
  // Events are kept as JSON, and so they are JSON.
  const value = event as unknown as Json;
  if (!largeIn(value)) return event;
  try {
    return (await readBack(value)) as unknown as RunEvent;
  } catch (error) {
    if (error instanceof FailureError && error.failure.retryable) throw error;
    return mapLarge(value, () => null) as unknown as RunEvent;
  }
}
