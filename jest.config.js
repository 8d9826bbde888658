export default {
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/', '\\.e2e\\.test\\.ts$'],
  modulePathIgnorePatterns: ['<rootDir>/(packages|dist)/'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        jsc: { target: 'es2022', parser: { syntax: 'typescript' } },
        module: { type: 'es6' },
        sourceMaps: 'inline',
      },
    ],
  },
  // Many tests wait for processes they started, so every core is worth a worker.
  maxWorkers: '100%',
  testTimeout: 60_000,
  coverageProvider: 'babel',
  collectCoverageFrom: ['src/**/*.ts'],
};
