import type { Person, Returned, Shown } from '../../scripts/doctor/facts/person.ts';
import type { Page } from './browser.ts';
import { Browser } from './browser.ts';
import { until } from './until.ts';

/** A person who authorizes everything, with a browser that stops where it would leave LaunchDarkly. */
export function scriptedPerson(email = 'ada.admin@acme.example'): Person {
  const browser = new Browser();
  const redirectUris = { http: 'http://localhost:5000/callback', https: 'https://localhost:5001/callback' };
  return {
    redirectUris,
    async logIn({ url, ask }): Promise<Returned> {
      const { page, shown } = await throughPages(browser, await browser.request(url), email);
      if (page.location === undefined) return 'stuck';
      return { query: new URL(page.location).searchParams, shown: ask ? shown : undefined };
    },
  };
}

/** Presses what a person presses, up to a redirect or a page with nothing to press. */
export async function throughPages(
  browser: Browser,
  start: Page,
  email: string,
): Promise<{ page: Page; shown: Shown }> {
  let page = start;
  const login = page.body.includes('Log in as…');
  if (login) page = await browser.submit(page, email);
  const consent = page.body.includes('>Authorize</button>');
  if (consent) page = await browser.submit(page, 'Authorize');
  return { page, shown: login ? (consent ? 'both' : 'login') : consent ? 'consent' : 'nothing' };
}

const answers: Readonly<Record<Shown, string>> = {
  nothing: 'Nothing: it sent me straight back',
  login: 'and did not ask to authorize',
  consent: 'and did not ask who I am',
  both: 'and to authorize the app',
};

/** Goes through every login that the page at `url` asks for. Resolves once that page says that it is done. */
export async function followThePage(url: string, email = 'ada.admin@acme.example'): Promise<void> {
  const browser = new Browser();
  await until(async () => {
    const page = await browser.visit(url);
    if (page.body.includes('Continue at LaunchDarkly')) await oneLogin(browser, page, email);
    return page.body.includes('<h1>Done</h1>');
  });
}

async function oneLogin(browser: Browser, step: Page, email: string): Promise<void> {
  const { page, shown } = await throughPages(browser, await browser.submit(step, 'Continue at LaunchDarkly'), email);
  if (page.location === undefined) return void (await browser.press(step, 'It ended at an error page'));
  const back = await browser.follow(page);
  if (back.body.includes('What did LaunchDarkly show you')) await browser.press(back, answers[shown]);
}
