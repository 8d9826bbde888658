/** Checks the version of Node.js, then serves. Without static imports, because those would fail first in an older one. */
const oldest = [20, 19] as const;
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);

if (major < oldest[0] || (major === oldest[0] && minor < oldest[1])) {
  process.stderr.write(`This app needs Node.js ${oldest.join('.')} or later; this is ${process.versions.node}.\n`);
  process.exit(2);
}

const { serve } = await import('./serve.ts');
await serve();

export {};
