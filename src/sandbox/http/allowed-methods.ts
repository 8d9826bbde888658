import type { RequestHandler } from 'express';

/** Answers 405 for every method but these, on a path that exists. */
export function allowedMethods(...methods: string[]): RequestHandler {
  return (req, res, next) => {
    if (methods.includes(req.method)) return next();
    res
      .status(405)
      .set('Allow', methods.join(', '))
      .json({ code: 'method_not_allowed', message: 'Method not allowed' });
  };
}
