import base from './jest.config.js';

export default {
  ...base,
  testMatch: ['<rootDir>/test/**/*.e2e.test.ts'],
  testPathIgnorePatterns: ['/node_modules/'],
  testTimeout: 120_000,
};
