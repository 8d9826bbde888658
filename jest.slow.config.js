import base from './jest.config.js';

// The suites that start processes, wait for real seconds or take long: `npm run test:slow`.
export default { ...base, testMatch: ['<rootDir>/test/**/*.slow.test.ts'] };
