// Before `npm start`: builds when the sources are newer than the build and the machine can build. In production it often
// cannot: no development dependencies, a read-only disk, another user. Then the build that is there is started.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { fail, isThere, nodeProblem } from './support/environment.mjs';

const root = new URL('../', import.meta.url);

const problem = nodeProblem();
if (problem) fail(problem);
if (!isThere('express')) fail('The dependencies are not installed. Run `npm ci` first.');

const built = modified('dist/.complete');
if (newestSource() > built) {
  const obstacle = whyNotBuild();
  if (!obstacle) build();
  else if (built === 0) fail(`There is no build in dist, and none can be made: ${obstacle}`);
  else process.stderr.write(`The build in dist is older than the sources, and is started as it is: ${obstacle}\n`);
}

function build() {
  const { status } = spawnSync('npm', ['run', '--silent', 'build'], {
    cwd: fileURLToPath(root),
    stdio: 'inherit',
    shell: process.platform === 'win32',
  });
  if (status !== 0) process.exit(1);
}

function whyNotBuild() {
  if (!['typescript', '@types/node', '@types/express'].every(isThere)) {
    return 'the development dependencies are not installed. `npm ci --include=dev && npm run build` makes one.';
  }
  for (const folder of ['dist', '.']) {
    const place = new URL(folder, root);
    if (!fs.existsSync(place)) continue;
    try {
      fs.accessSync(place, fs.constants.W_OK);
      return undefined;
    } catch (error) {
      return `this user may not write to ${fileURLToPath(place)} (${error.code}).`;
    }
  }
}

/** When the newest of the files that a build is made of was changed; 0 where there are no sources. */
function newestSource() {
  const sources = ['package.json', 'tsconfig.json', 'tsconfig.build.json', ...filesBelow('src')];
  return fs.existsSync(new URL('src', root)) ? Math.max(...sources.map(modified)) : 0;
}

function filesBelow(folder) {
  if (!fs.existsSync(new URL(folder, root))) return [];
  return fs.readdirSync(new URL(`${folder}/`, root), { recursive: true }).map((name) => `${folder}/${name}`);
}

function modified(name) {
  const stats = fs.statSync(new URL(encodeURI(name.replaceAll('\\', '/')), root), { throwIfNoEntry: false });
  return stats?.mtimeMs ?? 0;
}
