import type { Html } from './html.ts';
import { html } from './html.ts';

const ICON =
  "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Crect width='16' height='16' rx='4' fill='%23b45309'/%3E%3Cpath d='M3 11h10M4.5 11l1-6h5l1 6' fill='none' stroke='white' stroke-width='1.6' stroke-linejoin='round'/%3E%3C/svg%3E";

const SECTIONS = [
  { path: '/', name: 'Overview' },
  { path: '/__sandbox/ledger', name: 'Ledger' },
  { path: '/__sandbox/faults', name: 'Failures' },
  { path: '/__sandbox/personas', name: 'Personas' },
  { path: '/__sandbox/switches', name: 'Switches' },
] as const;

/** What a page tells its frame. */
export interface LayoutOptions {
  title: string;
  /** The page's own path when it is one of the sandbox's sections; they then show as navigation. */
  section?: (typeof SECTIONS)[number]['path'];
  /** What has just been done. */
  notice?: Html | false;
  /** A narrow column, for the few words of signing in. */
  narrow?: boolean;
}

/** The frame of every page: it says that this is not LaunchDarkly before it says anything else. */
export function layout({ title, section, notice, narrow = false }: LayoutOptions, main: Html): Html {
  return html`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>${title} · Sandbox, not LaunchDarkly</title>
<link rel="icon" href="${{ text: ICON }}">
<link rel="stylesheet" href="/sandbox.css">
</head>
<body${narrow && html` class="narrow"`}>
<a class="skip" href="#main">Skip to content</a>
<header>
<p class="stand-in"><strong>Sandbox.</strong> This is not LaunchDarkly: it is a stand-in for trying and testing logins.</p>
${section && navigation(section)}
</header>
<main id="main" tabindex="-1">
${notice}
${main}
</main>
</body>
</html>
`;
}

function navigation(section: string): Html {
  return html`<nav aria-label="Sandbox"><ul>${SECTIONS.map(
    ({ path, name }) =>
      html`<li><a href="${path}"${path === section && html` aria-current="page"`}>${name}</a></li>`,
  )}</ul></nav>`;
}
