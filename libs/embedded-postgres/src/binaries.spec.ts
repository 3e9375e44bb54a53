import { describe, expect, it } from 'vitest';
import { locateBinaries } from './binaries.js';

describe('locateBinaries', () => {
  it('says what to set where no package exists for the platform', async () => {
    await expect(locateBinaries('plan9', 'mips')).rejects.toThrow(
      'There is no embedded PostgreSQL for plan9-mips in this installation. Set DATABASE_URL to a PostgreSQL 15 or newer.',
    );
  });
});
