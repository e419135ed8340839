import { defineConfig } from 'vitest/config';
export default defineConfig({
  resolve: { conditions: ['stepcast-source', 'node', 'module', 'import', 'default'] },
  ssr: { resolve: { conditions: ['stepcast-source', 'node', 'module', 'import', 'default'], externalConditions: ['stepcast-source', 'node'] } },
  test: {
    pool: 'threads', isolate: false, maxWorkers: 3, testTimeout: 180000, hookTimeout: 180000,
    include: ['{contracts,services,infra,clients}/**/*.test.{ts,tsx}'],
    exclude: ['**/node_modules/**', '**/dist/**'],
  },
});
