import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { describeInChromium } from '../support/chromium.ts';
import { ariel, startTestApp, type TestApp } from '../support/test-app.ts';

let app: TestApp;

beforeAll(async () => {
  app = await startTestApp();
});

afterAll(() => app.close());

describeInChromium('the flow inspector', (openPage) => {
  /** Logs in with a fresh browser and opens the inspector. */
  async function openFlow(options?: BrowserContextOptions, path = '/flow'): Promise<Page> {
    const page = await openPage(options);
    await page.goto(`${app.url}/auth/login?returnTo=${encodeURIComponent(path)}`);
    await page.getByRole('button', { name: ariel.email }).click();
    await page.getByRole('button', { name: 'Authorize' }).click();
    await page.waitForURL(app.url + path);
    return page;
  }

  test('goes from step to step with the arrow keys, and stops at both ends', async () => {
    const page = await openFlow();
    const steps = await page.getByRole('navigation', { name: 'Steps' }).getByRole('listitem').count();
    for (let step = 1; step <= steps; step++) {
      await page.keyboard.press('ArrowRight');
      await page.getByRole('heading', { name: `Login, step ${step} of ${steps}` }).waitFor();
    }
    expect(await page.getByRole('link', { name: 'Next' }).count()).toBe(0);
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowLeft');
    await page.getByRole('heading', { name: `step ${steps - 1} of ${steps}` }).waitFor();
    expect(await page.locator('.message').count()).toBe(1);
    await page.context().close();
  });

  test('has the same steps without JavaScript, by links, and its address names the step', async () => {
    const page = await openFlow({ javaScriptEnabled: false });
    await page.getByRole('link', { name: 'Step by step' }).click();
    await page.getByRole('link', { name: 'Next' }).click();
    expect(new URL(page.url()).search).toMatch(/^\?flow=\d+&step=2$/);
    await page.getByRole('link', { name: 'Previous' }).click();
    await page.getByRole('heading', { name: 'Login, step 1 of' }).waitFor();
    await page.getByRole('link', { name: 'All steps' }).click();
    await page.getByRole('heading', { name: 'Your login, message by message' }).waitFor();
    await page.context().close();
  });

  test('leads from every arrow of the diagram to its step', async () => {
    const page = await openFlow();
    const arrows = page.getByRole('group', { name: 'Sequence diagram' }).getByRole('link');
    const titles = await page.locator('.message h2').allTextContents();
    expect(await arrows.count()).toBe(titles.length);
    for (const [index, title] of titles.entries()) {
      await arrows.nth(index).click();
      expect(new URL(page.url()).hash).toBe(`#step-${index + 1}`);
      expect(await page.locator(':target h2').textContent()).toBe(title);
    }
    await page.context().close();
  });

  test('has request and answer side by side on a desktop, the list of steps in view, and all stacked on a phone', async () => {
    const page = await openFlow({ viewport: { width: 1280, height: 800 } });
    const sides = page.locator('#step-4 .side');
    const places = async () => Promise.all([0, 1].map((index) => sides.nth(index).boundingBox()));
    const [request, answer] = await places();
    expect(answer?.y).toBe(request?.y);
    expect(answer?.x).toBeGreaterThan(Number(request?.x) + Number(request?.width));
    await page.locator('#step-6').scrollIntoViewIfNeeded();
    const list = await page.getByRole('navigation', { name: 'Steps' }).boundingBox();
    expect(list?.y).toBeGreaterThanOrEqual(0);
    expect(list?.y).toBeLessThan(100);

    await page.setViewportSize({ width: 320, height: 640 });
    const [above, below] = await places();
    expect(below?.x).toBe(above?.x);
    expect(below?.y).toBeGreaterThan(Number(above?.y) + Number(above?.height));
    const drawing = await page.locator('svg.diagram').boundingBox();
    expect(Number(drawing?.x) + Number(drawing?.width)).toBeLessThanOrEqual(320);
    await page.context().close();
  });

  test('downloads a flow as a file', async () => {
    const page = await openFlow({ acceptDownloads: true });
    for (const [format, name] of [
      ['Mermaid', /^login-\d+\.mmd$/],
      ['HAR', /^login-\d+\.har$/],
    ] as const) {
      const download = page.waitForEvent('download', { timeout: 20_000 });
      await page.getByRole('link', { name: `Download as ${format}` }).click();
      expect((await download).suggestedFilename()).toMatch(name);
    }
    await page.context().close();
  });
});
