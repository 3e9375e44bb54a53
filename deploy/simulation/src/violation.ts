/** What has to hold at every moment; the README explains each. */
export const invariants = {
  1: 'accepted is durable, and ends once',
  2: 'one committed result for each attempt',
  3: 'the history is append-only and gap-free, and memory is what it says',
  4: 'nothing is done outside before its commit',
  5: 'a fence belongs to one replica, and fences rise',
  6: 'a former owner changes nothing',
  7: 'one run for each start key',
  8: 'a cancel wins or loses, whole',
  9: 'everything ends',
  10: 'every run ends as a plain interpreter says',
  11: 'a paused run is rows and nothing else',
  12: 'nothing unforeseen is thrown',
  13: 'the turns of a conversation are taken in order',
} as const;

export type Invariant = keyof typeof invariants;

/** Something that must not happen has happened. */
export interface Violation {
  readonly invariant: Invariant;
  readonly what: string;
}
