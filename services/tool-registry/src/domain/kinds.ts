import type { KindName, ProvidedKind, ToolsetKind } from './toolset-kind.js';

/** Every kind of toolset, complete: a forgotten one does not compile. Made by `makeKinds` in `kinds/index.ts`. */
export type Kinds = { readonly [Name in KindName]: (ToolsetKind | ProvidedKind) & { readonly kind: Name } };

/** The kind whose toolset of this name every tenant has. */
export function providedKind(kinds: Kinds, toolset: string): ProvidedKind | undefined {
  const kind = Object.values(kinds).find((one) => one.kind === toolset);
  return kind && 'offered' in kind ? kind : undefined;
}

export function registeredKinds(kinds: Kinds): ToolsetKind[] {
  return Object.values(kinds).filter((kind) => 'discover' in kind);
}
