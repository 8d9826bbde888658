import base from './jest.config.js';

// What `npm run check` runs: everything but *.slow.test.ts.
export default {
  ...base,
  testTimeout: 20_000,
  testPathIgnorePatterns: [...base.testPathIgnorePatterns, '\\.slow\\.test\\.ts$'],
};
