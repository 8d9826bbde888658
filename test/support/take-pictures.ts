/*
 * Takes the pictures of the README from the real pages, light and dark: `npx tsx test/support/take-pictures.ts`. Needs
 * Chromium at /usr/bin/chromium, or where the first argument says. Run it when the home page, the flow inspector or an experiment looks different.
 */
import path from 'node:path';
import { chromium } from 'playwright-core';
import { root } from './documents.ts';
import { ariel, startTestApp } from './test-app.ts';

const executablePath = process.argv[2] ?? '/usr/bin/chromium';
const app = await startTestApp();
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
try {
  for (const colorScheme of ['light', 'dark'] as const) {
    const context = await browser.newContext({
      colorScheme,
      ignoreHTTPSErrors: true,
      viewport: { width: 1200, height: 800 },
    });
    const page = await context.newPage();
    const photograph = (name: string) =>
      page.screenshot({ path: path.join(root, `docs/images/${name}-${colorScheme}.png`) });

    await page.goto(app.url);
    await photograph('home');
    await page.goto(`${app.url}/auth/login?returnTo=/flow`);
    await page.getByRole('button', { name: ariel.email }).click();
    await page.getByRole('button', { name: 'Authorize' }).click();
    await page.waitForURL(`${app.url}/flow`);
    await photograph('flow');
    await page.goto(`${app.url}/tutorial/experiments/stolen-code`);
    await page.getByRole('button', { name: 'The attacker is logged in' }).click();
    await page.getByRole('heading', { name: 'What happened' }).waitFor();
    await photograph('experiment');
    await context.close();
  }
} finally {
  await browser.close();
  await app.close();
}
