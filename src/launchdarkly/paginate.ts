import * as v from 'valibot';
import { LaunchDarklyApiError } from './api-error.ts';
import type { Answer } from './response-schema.ts';
import { maybe } from './response-schema.ts';
import type { Credential, RestApi } from './rest-api.ts';

const maxPages = 100;

/**
 * Reads a collection page by page along `_links.next`, on the same origin only. Throws `LaunchDarklyApiError`
 * (`unexpected_response`) when a link leaves the origin, comes back to a page that was read, or never ends.
 * @param baseUri origin of the LaunchDarkly instance.
 */
export async function paginate<Item>(
  callApi: RestApi,
  credential: Credential,
  collection: { baseUri: string; operation: string; path: string; item: Answer<Item> },
): Promise<Item[]> {
  const { baseUri, operation, item } = collection;
  const answer = pageOf(item);
  const items: Item[] = [];
  const read = new Set<string>();
  for (let path: string | undefined = collection.path; path !== undefined; ) {
    read.add(path);
    const page: Page<Item> = await callApi(credential, { operation, path, answer });
    items.push(...page.items);
    path = pathOf(page.next);
    if (path !== undefined && (read.has(path) || read.size >= maxPages)) throw strange('its pages do not end');
  }
  return items;

  function pathOf(href: string | undefined): string | undefined {
    if (href === undefined) return undefined;
    const url = URL.canParse(href, baseUri) ? new URL(href, baseUri) : undefined;
    if (url?.origin !== baseUri) throw strange('the link to the next page leaves LaunchDarkly');
    return url.pathname + url.search;
  }

  function strange(flaw: string): LaunchDarklyApiError {
    return new LaunchDarklyApiError({ operation, reason: 'unexpected_response', status: 200, flaw });
  }
}

interface Page<Item> {
  readonly items: readonly Item[];
  /** Where the next page is, if there is one. */
  readonly next: string | undefined;
}

function pageOf<Item>(item: Answer<Item>): Answer<Page<Item>> {
  const link = v.object({ href: maybe(v.string()) });
  return v.pipe(
    v.object({ items: v.array(item), _links: maybe(v.object({ next: maybe(link) })) }),
    v.transform(({ items, _links }) => ({ items, next: _links?.next?.href })),
  );
}
