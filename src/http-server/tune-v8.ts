import { setFlagsFromString } from 'node:v8';

/**
 * Keeps V8 from allocating request objects in the old generation. It does so where earlier objects lived long, as they do
 * while a login waits for LaunchDarkly; then the garbage of each request keeps that of the next one alive, and small
 * collections take three times as long. docs/benchmark.md has the gain. Call it before the first request.
 */
export function tuneV8(): void {
  setFlagsFromString('--no-allocation-site-pretenuring');
}
