import type { KindName, ToolsetKind } from './toolset-kind.js';

/** Every kind of toolset, complete: a forgotten one does not compile. Made by `makeKinds` in `kinds/index.ts`. */
export type Kinds = { readonly [Name in KindName]: ToolsetKind & { readonly kind: Name } };
