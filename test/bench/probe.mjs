/* Preloaded into the apps that the benchmark measures: says over IPC what the process has used so far. */
process.on('message', () => {
  const { user, system } = process.cpuUsage();
  process.send({ cpuMs: (user + system) / 1000, rssMiB: process.memoryUsage.rss() / 2 ** 20 });
});
process.on('disconnect', () => process.exit());
