// npm that gets SIGTERM (an IDE's stop button, `timeout`, `kill`) ends its shell and leaves what runs in it. So a program
// that npm started watches its parent, and stops as if it had got the signal itself. Imported first, or by `--import`.
import process from 'node:process';

const everyMs = 200;
const parent = process.ppid;

// Not on Windows, where the id of a parent that has ended stays the same.
if (process.env.npm_lifecycle_event && process.platform !== 'win32') {
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    process.kill(process.pid, 'SIGTERM');
  }, everyMs);
  timer.unref();
}
