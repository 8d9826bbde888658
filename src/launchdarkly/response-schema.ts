import * as v from 'valibot';

/** What an answer must look like, and what becomes of it. Fields that nobody asked about are ignored. */
export type Answer<T> = v.GenericSchema<unknown, T>;

/** Text of at least one character. */
export const id = v.pipe(v.string(), v.nonEmpty());

/** A field that LaunchDarkly leaves out, or sends as null, when there is nothing to say. */
export function maybe<T>(schema: v.GenericSchema<unknown, T>) {
  return v.pipe(
    v.nullish(schema),
    v.transform((value) => value ?? undefined),
  );
}

/** Epoch milliseconds: a number, or, as one of LaunchDarkly's samples has it, the digits of one. */
export const epochMs = v.union([v.number(), v.pipe(v.string(), v.digits(), v.transform(Number))]);

/** JSON of another shape than agreed, or none. Names the place and never what stood there, which may be a secret. */
export class ShapeError extends Error {
  override readonly name = 'ShapeError';
}

/** Reads JSON of a known shape. Throws `ShapeError`. */
export function readAnswer<T>(answer: Answer<T>, text: string): T {
  const result = v.safeParse(answer, parsed(text), { abortEarly: true });
  if (result.success) return result.output;
  throw new ShapeError(`unexpected shape at ${v.getDotPath(result.issues[0]) ?? 'the top'}`);
}

/** `JSON.parse` quotes the text that it could not read. */
function parsed(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    // An array would pass for an object that lacks every field.
    return Array.isArray(value) ? null : value;
  } catch {
    throw new ShapeError('no JSON');
  }
}
