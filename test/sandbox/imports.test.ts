import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from '@jest/globals';

const root = path.resolve('src/sandbox');

/** Every file with the files of the sandbox that it imports, types included. */
function importGraph(): Map<string, string[]> {
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.ts'),
  );
  return new Map(
    files.map((file) => {
      const text = readFileSync(path.join(root, file), 'utf8');
      const specifiers = [...text.matchAll(/(?:from|import)\s*\(?\s*'(\.{1,2}\/[^']+)'/g)];
      return [file, specifiers.map(([, specifier = '']) => path.join(path.dirname(file), specifier))];
    }),
  );
}

/** The first circle that a walk from `file` finds, as the files on it. */
function circleFrom(graph: Map<string, string[]>, file: string, trail: string[] = []): string[] | undefined {
  if (trail.includes(file)) return [...trail.slice(trail.indexOf(file)), file];
  for (const next of graph.get(file) ?? []) {
    const circle = circleFrom(graph, next, [...trail, file]);
    if (circle) return circle;
  }
  graph.set(file, []);
  return undefined;
}

test('no file of the sandbox imports itself through others', () => {
  const graph = importGraph();
  expect([...graph.keys()].map((file) => circleFrom(graph, file)).filter(Boolean)).toEqual([]);
});
