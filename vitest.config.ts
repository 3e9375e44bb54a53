import { defineConfig } from 'vitest/config';

/** One project per kind of spec, so that each kind is run and counted on its own. */
const kinds = {
  unit: ['{libs,services,clients}/*/src/**/*.spec.ts', '!**/*.property.spec.ts'],
  property: ['{libs,services,clients}/*/src/**/*.property.spec.ts'],
  contract: ['{libs,services,clients}/*/{src,test}/**/*.contract.spec.ts'],
  integration: ['{libs,services,clients}/*/test/**/*.int.spec.ts'],
  e2e: ['deploy/e2e/**/*.e2e.spec.ts'],
};

/** Kinds whose specs may ask `testDatabase()` for a database. */
const withPostgres = ['contract', 'integration', 'e2e'];

const exclude = (kind: string) => (kind === 'unit' ? ['**/*.property.spec.ts', '**/*.contract.spec.ts'] : []);

export default defineConfig({
  oxc: { decorator: { legacy: true, emitDecoratorMetadata: true } },
  resolve: { conditions: ['treadle-source'] },
  ssr: { resolve: { conditions: ['treadle-source', 'node'] } },
  test: {
    projects: Object.entries(kinds).map(([name, include]) => ({
      extends: true as const,
      test: {
        name,
        include: include.filter((pattern) => !pattern.startsWith('!')),
        exclude: ['**/node_modules/**', '**/dist/**', ...exclude(name)],
        globalSetup: withPostgres.includes(name) ? ['./libs/testing/src/postgres-setup.ts'] : [],
        testTimeout: name === 'unit' || name === 'property' ? 20_000 : 60_000,
        hookTimeout: 60_000,
      },
    })),
  },
});
