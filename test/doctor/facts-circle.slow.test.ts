import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { likeReport } from '../../src/sandbox/facts-report.ts';
import type { Circle } from './facts-circle.ts';
import { settings, startCircle } from './facts-circle.ts';

let circle: Circle;
beforeAll(async () => {
  circle = await startCircle();
});
afterAll(() => circle.end());

test('300 times: a report about any settings sets the same switches', async () => {
  const property = fc.asyncProperty(settings, async (set) => void (await circle.close(set)));
  await fc.assert(property, { numRuns: 300 });
}, 180_000);

test('100 times: a sandbox set by a report gives the same report', async () => {
  const property = fc.asyncProperty(settings, async (set) => {
    const report = await circle.report(set);
    expect(await circle.report(likeReport(report).switches)).toEqual(report);
  });
  await fc.assert(property, { numRuns: 100 });
}, 180_000);
