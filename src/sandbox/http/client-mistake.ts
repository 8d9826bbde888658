/** What Express and its body parser throw for a body too large, a charset unknown, a path malformed. */
export function isClientMistake(error: unknown): error is { status: number; message: string } {
  return (
    typeof error === 'object' &&
    error !== null &&
    'status' in error &&
    typeof error.status === 'number' &&
    error.status >= 400 &&
    error.status < 500
  );
}
