// Starts `scripts/NAME.ts`, and says in one sentence what is missing when it cannot. It is JavaScript without newer syntax
// or imports, so that every version of Node.js comes as far as this sentence: `node scripts/run.mjs NAME -- [options]`.
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import './support/end-with-npm.mjs';
import { fail, isThere, nodeProblem, sudoProblem } from './support/environment.mjs';

const name = process.argv[2];
const script = new URL(`${name}.ts`, import.meta.url);
process.argv.splice(1, 2, fileURLToPath(script));

const problem = nodeProblem() || sudoProblem(name);
if (problem) fail(problem);
if (!isThere('tsx')) {
  if (!isThere('express')) fail('The dependencies are not installed. Run `npm ci` first.');
  // Node.js 22.18 and later run TypeScript themselves.
  if (!process.features.typescript) {
    fail(
      `\`npm run ${name}\` needs the development dependencies, and they are not installed. Run \`npm ci --include=dev\`; NODE_ENV=production leaves them out. With Node.js 22.18 or later it runs without them.`,
    );
  }
} else {
  const { register } = await import('tsx/esm/api');
  register();
}
await import(script.href);
