// Two tabs of the page in one browser keep their works in the same storage: neither loses what the other one has kept.

import { once } from 'node:events';
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

test('what was done last is kept, however the page ends', async () => {
  const { page, close } = await open(on.browser, `${on.hub.http}#/play/qos1`);
  const context = page.context();
  /** Opens the page once more, and waits until it stands where it stood. */
  const opened = async (there) => {
    const page = await context.newPage();
    await page.goto(`${on.hub.http}#/play/qos1`);
    await page.getByRole('main').waitFor();
    await standsAt(page, there);
    return page;
  };
  const forward = async (page, steps) => {
    await page.getByRole('main').focus();
    // A pause after what was kept last: what comes now is written at once.
    await page.waitForTimeout(400);
    for (let step = 0; step < steps; step++) await page.keyboard.press('ArrowRight');
    return place(page);
  };
  // It is gone without a word, as a telephone ends it.
  const crash = async (page) => {
    const session = await context.newCDPSession(page);
    const gone = once(page, 'crash');
    session.send('Page.crash').catch(() => {});
    await gone;
  };
  const first = await forward(page, 1);
  await crash(page);
  const second = await opened(first);
  // Of what comes in a row, the last waits for the pause or for the page's end.
  const last = await forward(second, 4);
  await second.close({ runBeforeUnload: true });
  const third = await opened(last);
  await third.close();
  await close();
});
