/** The part of WebAssembly that is used here. Node has it; TypeScript only knows it with the browser's types. */
declare namespace WebAssembly {
  class RuntimeError extends Error {}
}
