import { createHash } from 'node:crypto';

/** Which versions of a toolset serve. */
export interface Serving {
  readonly servingVersion: number;
  readonly candidateVersion: number | undefined;
  /** Percent of the calls that the candidate serves. */
  readonly candidateShare: number;
}

/** The same key finds the same version as long as the shares stay; a growing share only ever moves keys to the candidate. */
export function chooseVersion(toolset: string, serving: Serving, routingKey: string): number {
  const { servingVersion, candidateVersion, candidateShare } = serving;
  if (candidateVersion === undefined || candidateShare <= 0) return servingVersion;
  return placeOf(toolset, candidateVersion, routingKey) < candidateShare ? candidateVersion : servingVersion;
}

/** From 0 to just below 100. The version is part of it, so that not always the same callers try new versions. */
function placeOf(toolset: string, version: number, routingKey: string): number {
  const hash = createHash('sha256')
    .update(JSON.stringify([toolset, version, routingKey]))
    .digest();
  return (hash.readUInt32BE(0) / 2 ** 32) * 100;
}
