/** Headers that carry credentials or proofs. Nothing of a run may hold them: its history is kept and shown. */
export const credentialHeader = /auth|cookie|credential|key|password|secret|session|signature|token/i;
