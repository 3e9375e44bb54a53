/** The part of WebAssembly that is used here. Node has it; TypeScript only knows it with the browser's types. */
declare namespace WebAssembly {
  interface Module {
    readonly kind?: 'module';
  }
  interface Memory {
    readonly buffer: ArrayBuffer;
    /** Adds pages of 64 KiB and gives their number before. */
    grow(pages: number): number;
  }
  const Memory: { readonly prototype: Memory };
  function compile(bytes: Uint8Array): Promise<Module>;
}
