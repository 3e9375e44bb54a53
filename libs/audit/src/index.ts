export { canonical, plain } from './canonical.js';
export { type ChainPoint, chainStart, hashAfter } from './chain.js';
export { type Checkpoint, type CheckpointKey, openCheckpoint, signCheckpoint } from './checkpoint.js';
export type { AuditActor, AuditEntry, AuditNote, AuditOutcome, AuditValue } from './entry.js';
export { redact, redacted, redactText } from './redact.js';
export { BrokenChain, ChainWalk, type Damage, type ExportLine } from './verify.js';
