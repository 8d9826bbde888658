import { afterEach } from '@jest/globals';

/** Registers what a test opened, to be closed after it: the newest first. Hands it back. */
export function closeAfterEach(): <T extends { close(): Promise<void> }>(opened: T) => T {
  const open: { close(): Promise<void> }[] = [];
  afterEach(async () => {
    for (const one of open.splice(0).reverse()) await one.close();
  });
  return (opened) => {
    open.push(opened);
    return opened;
  };
}
