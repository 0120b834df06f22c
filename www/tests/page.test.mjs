// The page as such: it starts without an error, at every size, in both themes, for everybody.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { accessibilityProblems, launch, open, screenshot, sizes, startHub, themes } from './harness.mjs';

let browser;
let hub;
before(async () => {
  [hub, browser] = await Promise.all([startHub(), launch()]);
});
after(async () => {
  await browser?.close();
  await hub?.stop();
});

for (const [name, size] of Object.entries(sizes)) {
  for (const theme of themes) {
    test(`starts at ${name} size, ${theme}`, async () => {
      const { page, close } = await open(browser, hub.http, { size, theme });
      await screenshot(page, `start-${name}-${theme}`);
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      assert.ok(overflow <= 0, `the page is ${overflow} px wider than its window`);
      assert.deepEqual(await accessibilityProblems(page), []);
      await close();
    });
  }
}

test('the accessibility check finds what is wrong', async () => {
  const { page, close } = await open(browser, hub.http);
  await page.evaluate(() => {
    document.querySelector('main').innerHTML = '<button></button><p style="color: #ccc; background: #fff">pale</p>';
  });
  const found = (await accessibilityProblems(page)).map(({ id }) => id);
  assert.ok(found.includes('button-name') && found.includes('color-contrast'), `found only ${found}`);
  await close();
});

test('an error of the page is not overlooked', async () => {
  const { page, close } = await open(browser, hub.http);
  await page.evaluate(() => console.error('planted'));
  await assert.rejects(close, /planted/);
});

test('a browser without WebAssembly is told what to do', async () => {
  const context = await browser.newContext();
  await context.addInitScript(() => delete globalThis.WebAssembly);
  const page = await context.newPage();
  await page.goto(hub.http);
  await page.getByText('WebAssembly').waitFor();
  await context.close();
});
