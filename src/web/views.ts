import { fileURLToPath } from 'node:url';
import escapeText from 'escape-html';
import { Eta } from 'eta';
import type { ViewData } from './view-data.ts';

/** What every template may use as `it.site`: the same for all pages, fixed when the app starts. */
export interface Site {
  /** Where a login starts, without a query, e.g. `/auth/login`. */
  readonly loginPath: string;
  /** Where the "Log out" form posts to, e.g. `/auth/logout`. */
  readonly logoutPath: string;
  /** The LaunchDarkly instance that members log in at, e.g. `https://app.launchdarkly.com`. */
  readonly launchDarklyHref: string;
  /** Whether the flow inspector records logins here. */
  readonly flowInspector: boolean;
  /** The URL of a file in `views/assets`, by its file name. */
  asset(name: string): string;
}

/** Renders the page `name` with `data` as a whole HTML document. Values are escaped by default. */
export type Render = <Name extends keyof ViewData>(name: Name, data: ViewData[Name]) => string;

/** The folder of the templates: the same path from `src/web` and from `dist/web`. */
export const viewsDirectory = fileURLToPath(new URL('../../views', import.meta.url));

/** Makes the function that renders the templates in `views/`; each is compiled when it is first used, then kept. */
export function createViews(site: Site): { render: Render } {
  const eta = new Eta({ views: viewsDirectory, cache: true, escapeFunction: escapeHtml });
  return { render: (name, data) => eta.render(`./${name}`, { ...data, site }) };
}

/** Escapes text for HTML content and quoted attributes. Nothing (`undefined`, `null`) becomes an empty string. */
export function escapeHtml(value: unknown): string {
  return value == null ? '' : escapeText(String(value));
}
