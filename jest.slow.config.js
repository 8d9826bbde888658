import base from './jest.config.js';

// The suites that kill processes, wait for real seconds or start dozens of programs: `npm run test:slow`.
export default { ...base, testMatch: ['<rootDir>/test/**/*.slow.test.ts'] };
