// Writes the npm packages that are made of this repository into packages/, one folder each, for `npm pack` and `npm publish`:
//   npm run build:packages && npm publish ./packages/launchdarkly-sandbox
//   node scripts/build-packages.mjs FOLDER NAME     only one of them, elsewhere
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../', import.meta.url));
const packages = { 'launchdarkly-sandbox': writeSandbox };

const [target = path.join(root, 'packages'), only] = process.argv.slice(2);
for (const [name, write] of Object.entries(packages)) {
  if (only === undefined || only === name) write(path.resolve(target, name));
}

function writeSandbox(folder) {
  compile('src/sandbox/tsconfig.json', folder);
  copy('src/sandbox/pages/sandbox.css', path.join(folder, 'pages/sandbox.css'));
  copy('src/sandbox/README.md', path.join(folder, 'README.md'));
  writeManifest(folder, readJson('src/sandbox/package.json'));
}

/** The folder is emptied first: a file that is no longer compiled must not be published. */
function compile(project, folder) {
  fs.rmSync(folder, { recursive: true, force: true });
  const tsc = path.join(root, 'node_modules/typescript/bin/tsc');
  execFileSync(process.execPath, [tsc, '-p', project, '--outDir', folder], { cwd: root, stdio: 'inherit' });
}

function writeManifest(folder, { private: _, scripts, devDependencies, ...manifest }) {
  const repository = repositoryUrl();
  const whole = { ...manifest, ...(repository && { repository: { type: 'git', url: repository } }) };
  fs.writeFileSync(path.join(folder, 'package.json'), `${JSON.stringify(whole, null, 2)}\n`);
  copy('LICENSE', path.join(folder, 'LICENSE'));
}

/** Where this checkout was cloned from; a copy that was not cloned has none. */
function repositoryUrl() {
  try {
    return execFileSync('git', ['config', '--get', 'remote.origin.url'], { cwd: root, encoding: 'utf8' }).trim();
  } catch {
    process.stderr.write('There is no git remote "origin", so the packages name no repository.\n');
    return undefined;
  }
}

function readJson(file) {
  return JSON.parse(fs.readFileSync(path.join(root, file), 'utf8'));
}

function copy(file, to) {
  fs.copyFileSync(path.join(root, file), to);
}
