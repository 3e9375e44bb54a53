import type { PlantedBug } from './planted-bugs.js';
import { type Outcome, simulate } from './simulation.js';

/** Plays seeds with a bug in place until one violates an invariant; `undefined` when none of `most` does. */
export async function findPlantedBug({ tampering }: PlantedBug, most: number): Promise<Outcome | undefined> {
  for (let seed = 1; seed <= most; seed++) {
    const outcome = await simulate(seed, { tampering });
    if (outcome.violation) return outcome;
  }
  return undefined;
}
