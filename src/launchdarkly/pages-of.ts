import * as v from 'valibot';
import { LaunchDarklyApiError } from './api-error.ts';
import type { Credential, RestApi } from './rest-api.ts';

const mostPages = 100;

const next = v.optional(v.object({ next: v.optional(v.object({ href: v.string() })) }));

/**
 * Reads a collection page by page along `_links.next`, on the same origin only. Throws `LaunchDarklyApiError`
 * (`unexpected_response`) when a link leaves the origin, comes back to a page that was read, or never ends.
 * @param baseUri origin of the LaunchDarkly instance.
 */
export async function pagesOf<Item extends v.GenericSchema>(
  callApi: RestApi,
  credential: Credential,
  { baseUri, operation, path, item }: { baseUri: string; operation: string; path: string; item: Item },
): Promise<v.InferOutput<Item>[]> {
  const schema = v.object({ items: v.array(item), _links: next });
  const items: v.InferOutput<Item>[] = [];
  const read = new Set<string>();
  for (let at: string | undefined = path; at !== undefined; ) {
    read.add(at);
    const page: { items: v.InferOutput<Item>[]; _links?: v.InferOutput<typeof next> } = await callApi(
      credential,
      {
        operation,
        path: at,
        schema,
      },
    );
    items.push(...page.items);
    at = pathOf(page._links?.next?.href);
    if (at !== undefined && (read.has(at) || read.size >= mostPages)) throw strange('its pages do not end');
  }
  return items;

  function pathOf(href: string | undefined): string | undefined {
    if (href === undefined) return undefined;
    const url = URL.canParse(href, baseUri) ? new URL(href, baseUri) : undefined;
    if (url?.origin !== baseUri) throw strange('the link to the next page leaves LaunchDarkly');
    return url.pathname + url.search;
  }

  function strange(serverMessage: string): LaunchDarklyApiError {
    return new LaunchDarklyApiError({ operation, reason: 'unexpected_response', status: 200, serverMessage });
  }
}
