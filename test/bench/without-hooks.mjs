/* Node's module hooks for `without.mjs`. */
let replacements = [];

export function initialize(data) {
  replacements = data;
}

export function load(url, context, nextLoad) {
  const [, source] = replacements.find(([file]) => url.endsWith(file)) ?? [];
  if (source === undefined) return nextLoad(url, context);
  return { format: 'module', shortCircuit: true, source: source.replace('REAL', `${url}?real`) };
}
