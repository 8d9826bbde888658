import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from '@jest/globals';
import { createRoster } from '../../src/http-server/stop.ts';

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');

describe('a roster', () => {
  test('holds every member that was added and not removed, whatever the order of removal', () => {
    for (const goers of [[0], [1], [2], [0, 1], [2, 0], [1, 2, 0]]) {
      const roster = createRoster<number>();
      const leave = [0, 1, 2].map((member) => roster.add(member));
      for (const goer of goers) leave[goer]?.();
      const staying = [0, 1, 2].filter((member) => !goers.includes(member));
      expect(roster.all().sort()).toEqual(staying);
    }
  });

  test('takes the same member twice, who has to go twice', () => {
    const roster = createRoster<string>();
    const leave = roster.add('anna');
    roster.add('anna');
    leave();
    expect(roster.all()).toEqual(['anna']);
  });

  test('keeps nothing of those who have gone', async () => {
    const roster = createRoster<object>();
    const gone = new WeakRef(passBy(roster));
    await new Promise(setImmediate); // a WeakRef holds its target until the turn in which it was made is over
    collectGarbage();
    expect(gone.deref()).toBeUndefined();
  });
});

function passBy(roster: ReturnType<typeof createRoster<object>>): object {
  const member = {};
  const leave = roster.add(member);
  leave();
  return member;
}
