export type { Guest } from './guest.js';
export { GuestPool, type GuestPoolOptions } from './guest-pool.js';
export { jsonLine, ProcessGuest, type ProcessGuestOptions } from './process-guest.js';
export { nodeCommand, type Program, programBeside } from './program.js';
