// Two tabs of the page in one browser keep their works in the same storage: neither loses what the other one has kept.

import { test } from 'node:test';
import { open, place, standsAt, withHub } from './harness.mjs';

const on = withHub();

test('what two tabs keep is there after both are loaded again', async () => {
  const { page: first, close } = await open(on.browser, `${on.hub.http}#/play/qos1`);
  // Opened before the first one has kept anything.
  const second = await first.context().newPage();
  second.on('pageerror', (error) => first.errors.push(`uncaught in the second tab: ${error.message}`));
  await second.goto(`${on.hub.http}#/play/retained`);
  await second.getByRole('main').waitFor();
  /** Steps forward until the page stands at this step; the place as the page writes it. */
  const walk = async (page, from, to) => {
    await page.bringToFront();
    await page.getByRole('main').focus();
    for (let step = from; step < to; step++) await page.keyboard.press('ArrowRight');
    await page.locator('.clock strong').filter({ hasText: new RegExp(`^Step ${to} of`) }).waitFor();
    return place(page);
  };
  await walk(first, 0, 3);
  const there = await walk(second, 0, 2);
  const here = await walk(first, 3, 4);
  for (const [page, before] of [[first, here], [second, there]]) {
    await page.reload();
    await page.getByRole('main').waitFor();
    await standsAt(page, before);
  }
  await second.close();
  await close();
});
