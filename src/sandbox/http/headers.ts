import type { IncomingMessage } from 'node:http';

/**
 * The value of a header; `undefined` when it is missing or empty. Of several lines the first counts, as at LaunchDarkly
 * (its Terraform provider sends `LD-API-Version` twice); `req.headers` would join them.
 */
export function firstHeader(req: Pick<IncomingMessage, 'headersDistinct'>, name: string): string | undefined {
  return req.headersDistinct[name]?.[0]?.trim() || undefined;
}
