import type { RequestHandler } from 'express';

/**
 * One middleware out of several. Express searches its whole list of layers for every request, at more cost than most
 * handlers; handlers that every request passes can follow each other directly.
 */
export function inOrder(...handlers: readonly RequestHandler[]): RequestHandler {
  return (req, res, next) => {
    const runFrom = (index: number): void => {
      const handler = handlers[index];
      if (!handler) {
        next();
        return;
      }
      try {
        const running: unknown = handler(req, res, (error) => (error ? next(error) : runFrom(index + 1)));
        if (running instanceof Promise) running.catch(next);
      } catch (error) {
        next(error);
      }
    };
    runFrom(0);
  };
}
