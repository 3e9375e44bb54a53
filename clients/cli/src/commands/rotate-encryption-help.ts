/** How to change the key-encryption key without a read that fails. */
export const rotateEncryptionHelp = `
Every secret is sealed by a data key of its organisation, and every data key is wrapped by a key-encryption key. This wraps all data keys by
another one, while everything serves:

  1. openssl rand -base64 32                     a new key
  2. TREADLE_KEY_ENCRYPTION_KEY="old,new"         in every service, one after another: all of them can read both
  3. TREADLE_KEY_ENCRYPTION_KEY="new,old"         in every service again: new data keys are wrapped by the new one
  4. treadle keys rotate-encryption              with DATABASE_URL and that TREADLE_KEY_ENCRYPTION_KEY (or _FILE)
  5. TREADLE_KEY_ENCRYPTION_KEY="new"             the old one is needed no more, except for old backups

If it is broken off, begin it again: it goes on where it was.`;
