import { defineConfig } from 'vitest/config';

// The pipeline reads test-results/**/*.xml as JUnit and coverage/**/*.xml as Cobertura reports.
export default defineConfig({
  test: {
    reporters: ['default', 'junit'],
    coverage: {
      include: ['lib/**/*.ts'],
      // Listening and stopping are the integration tests' matter.
      exclude: ['lib/main.ts', 'lib/self-test.ts', 'lib/server.ts'],
      reporter: ['text', 'cobertura'],
      thresholds: { lines: 95, branches: 95 },
    },
  },
});
