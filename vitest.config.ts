import { defineConfig } from 'vitest/config';

/** One project per kind of spec, so that each kind is run and counted on its own. */
const kinds = {
  unit: ['{libs,services,clients,deploy}/*/src/**/*.spec.ts', '!**/*.property.spec.ts'],
  property: ['{libs,services,clients}/*/src/**/*.property.spec.ts'],
  contract: ['{libs,services,clients}/*/{src,test}/**/*.contract.spec.ts'],
  integration: ['{libs,services,clients}/*/test/**/*.int.spec.ts'],
  e2e: ['deploy/e2e/**/*.e2e.spec.ts'],
  chart: ['deploy/chart/test/**/*.chart.spec.ts'],
};

/** Kinds whose specs may ask `testDatabase()` for a database. */
const withPostgres = ['contract', 'integration'];

const exclude = (kind: string) => (kind === 'unit' ? ['**/*.property.spec.ts', '**/*.contract.spec.ts'] : []);

function testTimeoutMs(kind: string): number {
  if (kind === 'unit' || kind === 'property') return 20_000;
  if (kind === 'chart') return 120_000;
  return kind === 'e2e' ? 300_000 : 60_000;
}

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
        setupFiles: name === 'chart' ? ['./deploy/chart/src/count-assertions-setup.ts'] : [],
        // Or it would load another copy of graphql than the code under test.
        server: { deps: { inline: ['graphql-ws'] } },
        testTimeout: testTimeoutMs(name),
        hookTimeout: 60_000,
        // Each starts whole stacks; side by side they would measure each other.
        fileParallelism: name !== 'e2e',
      },
    })),
  },
});
