// What the machine must have before anything of ours can run. No newer syntax or imports: see run.mjs.
import fs from 'node:fs';
import process from 'node:process';

const root = new URL('../../', import.meta.url);

/** One sentence when this is not a Node.js that package.json allows; else undefined. */
export function nodeProblem(versions = process.versions) {
  const other = versions.bun ? 'Bun' : versions.deno ? 'Deno' : undefined;
  if (other)
    return `This project runs on Node.js; you started it with ${other}. Use npm: \`npm ci\`, then \`npm run demo\`.`;
  if (versions.pnp) return "Yarn's Plug'n'Play is not supported. Use npm: `npm ci`, then `npm run demo`.";
  const { engines } = JSON.parse(fs.readFileSync(new URL('package.json', root), 'utf8'));
  const needed = /\d+\.\d+/.exec(engines.node)[0];
  if (isOlder(versions.node, needed)) {
    return `This project needs Node.js ${needed} or later; this is ${versions.node}. Install a newer one from https://nodejs.org, or run \`nvm install\` here.`;
  }
  return undefined;
}

/** One sentence when a script runs by sudo in somebody's folder: what it made there would be root's. */
export function sudoProblem(name) {
  const { SUDO_UID: uid, SUDO_USER: user } = process.env;
  if (process.platform === 'win32' || process.getuid() !== 0 || !uid || uid === '0') return undefined;
  if (fs.statSync(root).uid === 0) return undefined;
  return `Run \`npm run ${name}\` without sudo, as ${user}: root has other browsers, and its files here could no longer be changed by ${user}.`;
}

/** Whether a package is installed in this project. */
export function isThere(name) {
  return fs.existsSync(new URL(`node_modules/${name}/package.json`, root));
}

/** Ends the process like every wrong setting does. */
export function fail(sentence) {
  process.stderr.write(`${sentence}\n`);
  process.exit(2);
}

function isOlder(version, needed) {
  const [major, minor] = version.split('.').map(Number);
  const [neededMajor, neededMinor] = needed.split('.').map(Number);
  return major < neededMajor || (major === neededMajor && minor < neededMinor);
}
