// Writes the npm packages that are made of this repository into packages/, one folder each, for `npm pack` and `npm publish`:
//   npm run build:packages && npm publish ./packages/launchdarkly-sandbox
//   node scripts/build-packages.mjs FOLDER NAME     only one of them, elsewhere
import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../', import.meta.url));
const packages = { 'launchdarkly-sandbox': writeSandbox, 'log-in-with-launchdarkly': writeLibrary };

/** For the CommonJS packages inside, which require modules of Node.js. A bundler may have taken `import.meta` away. */
const withRequire = `import { createRequire as requireFrom } from 'node:module';
const require = requireFrom(import.meta.url || 'file:///');`;

const [target = path.join(root, 'packages'), only] = process.argv.slice(2);
for (const [name, write] of Object.entries(packages)) {
  if (only === undefined || only === name) await write(path.resolve(target, name));
}

function writeSandbox(folder) {
  compile('src/sandbox/tsconfig.json', folder);
  copy('src/sandbox/pages/sandbox.css', path.join(folder, 'pages/sandbox.css'));
  copy('src/sandbox/README.md', path.join(folder, 'README.md'));
  writeManifest(folder, readJson('src/sandbox/package.json'));
}

/**
 * The login, and the commands around it. It is bundled: what is security-relevant or shows in the types is a dependency, the
 * small packages are inside, with their licences.
 */
async function writeLibrary(folder) {
  const { build } = await import('esbuild');
  const { name, version, license, engines, dependencies: tested } = readJson('package.json');
  const description =
    'Log in with LaunchDarkly: OAuth 2.0 login for Express, with the commands to register and check an app.';
  const peers = { express: '^4.16.0 || ^5.0.0', 'express-session': '^1.18.0' };
  const optionalPeers = pick(['libsql', '@redis/client'], (peer) => `^${tested[peer]}`);
  const dependencies = pick(['openid-client', 'undici', 'valibot'], (needed) => `^${tested[needed]}`);

  compile('src/launchdarkly-login/tsconfig.json', path.join(folder, 'types'), folder);
  const { outputFiles, metafile } = await build({
    absWorkingDir: root,
    entryPoints: {
      index: 'src/launchdarkly-login/index.ts',
      'session-store': 'src/session-store/open-session-store.ts',
      testing: 'src/auth/mint-session.ts',
      cli: 'scripts/support/package-command.ts',
    },
    outdir: folder,
    write: false,
    metafile: true,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    external: Object.keys({ ...peers, ...optionalPeers, ...dependencies }),
    banner: { js: withRequire },
  });
  for (const { path: file, text } of outputFiles) fs.writeFileSync(file, asPackage(text));
  fs.chmodSync(path.join(folder, 'cli.js'), 0o755);
  fs.writeFileSync(path.join(folder, 'THIRD-PARTY-LICENSES.txt'), licencesOf(metafile));
  copy('src/launchdarkly-login/README.md', path.join(folder, 'README.md'));
  writeManifest(folder, {
    ...{ name, version, description, license, type: 'module', engines },
    keywords: ['launchdarkly', 'oauth2', 'login', 'express', 'sso'],
    bin: { [name]: 'cli.js' },
    exports: {
      '.': entry('index.js', 'launchdarkly-login/index.d.ts'),
      './session-store': entry('session-store.js', 'session-store/open-session-store.d.ts'),
      './testing': entry('testing.js', 'auth/mint-session.d.ts'),
      './package.json': './package.json',
    },
    files: ['*.js', 'types', 'THIRD-PARTY-LICENSES.txt'],
    dependencies,
    peerDependencies: { ...peers, ...optionalPeers },
    peerDependenciesMeta: pick(Object.keys(optionalPeers), () => ({ optional: true })),
  });
}

function entry(file, types) {
  return { types: `./types/${types}`, default: `./${file}` };
}

function pick(names, describe) {
  return Object.fromEntries(names.map((name) => [name, describe(name)]));
}

/**
 * There is no `npm run bootstrap` in somebody else's project. And Node.js takes `--env-file` for itself, wherever it stands
 * before a `--`, which npx does not pass on.
 */
function asPackage(text) {
  return text
    .replaceAll('--env-file PATH', '--dotenv PATH  ')
    .replaceAll('env-file', 'dotenv')
    .replace(/npm run (bootstrap|clients|doctor|\$\{script\})( --(?= |`))?/g, 'npx log-in-with-launchdarkly $1')
    .replaceAll('npm run sandbox', 'npx launchdarkly-sandbox')
    .replace(/npm ci(\\?`) again on this machine, with optional dependencies/g, 'npm install libsql$1')
    .replace(/, or `npm run demo` to try it without an account/, '')
    .replace(/\n\nnpx log-in-with-launchdarkly doctor --login \[options\].*?what, and why\.\n/s, '\n')
    .replaceAll('npm start', 'start your app');
}

/** The licences of the packages whose code is inside. */
function licencesOf({ inputs }) {
  const names = Object.keys(inputs).map((file) => /.*node_modules\/((@[^/]+\/)?[^/]+)/.exec(file)?.[0]);
  const texts = [...new Set(names)].filter(Boolean).map((folder) => {
    const file = fs.readdirSync(path.join(root, folder)).find((name) => /^licen[cs]e/i.test(name));
    const text = file
      ? fs.readFileSync(path.join(root, folder, file), 'utf8')
      : readJson(`${folder}/package.json`).license;
    return `${folder.split('node_modules/').at(-1)}\n\n${text.trim()}\n`;
  });
  return texts.join(`\n${'-'.repeat(80)}\n\n`);
}

/** The folder of the package is emptied first: a file that is no longer compiled must not be published. */
function compile(project, folder, emptied = folder) {
  fs.rmSync(emptied, { recursive: true, force: true });
  const tsc = path.join(root, 'node_modules/typescript/bin/tsc');
  execFileSync(process.execPath, [tsc, '-p', project, '--outDir', folder], { cwd: root, stdio: 'inherit' });
}

function writeManifest(folder, { private: _, scripts, devDependencies, ...manifest }) {
  const repository = repositoryUrl();
  const whole = { ...manifest, ...(repository && { repository: { type: 'git', url: repository } }) };
  fs.writeFileSync(path.join(folder, 'package.json'), `${JSON.stringify(whole, null, 2)}\n`);
  copy('LICENSE', path.join(folder, 'LICENSE'));
}

/** Where this checkout was cloned from, if others can clone it from there. */
function repositoryUrl() {
  const { stdout } = spawnSync('git', ['config', '--get', 'remote.origin.url'], { cwd: root, encoding: 'utf8' });
  const url = stdout?.trim();
  if (/^(https|ssh|git):\/\/|^git@/.test(url)) return url;
  process.stderr.write('There is no public git remote "origin", so the packages name no repository.\n');
}

function readJson(file) {
  return JSON.parse(fs.readFileSync(path.join(root, file), 'utf8'));
}

function copy(file, to) {
  fs.copyFileSync(path.join(root, file), to);
}
