/* Preloaded into the app: `start` forgets which functions have run so far, `take` says which have run since. */
import { Session } from 'node:inspector';

const session = new Session();
session.connect();
session.post('Profiler.enable');
session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: false });

process.on('message', (command) => {
  session.post('Profiler.takePreciseCoverage', (_error, { result }) => {
    if (command !== 'take') return process.send([]);
    const entered = result
      .map(({ url, functions }) => ({
        url,
        functions: functions.filter(({ ranges }) => ranges[0].count > 0).map(({ functionName }) => functionName),
      }))
      .filter(({ functions }) => functions.length > 0);
    process.send(entered);
  });
});
process.on('disconnect', () => process.exit());
