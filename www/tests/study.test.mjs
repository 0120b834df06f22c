// Machines, topics and messages of the moment in view, by keys and accessible names.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accessibilityProblems, open, screenshot, sizes, themes, titles, withHub } from './harness.mjs';

const on = withHub();

/** Opens a scenario at its end, with a view of the broker's pane. */
async function look(page, scenario, view, key = 'End') {
  await page.getByLabel('Scenario', { exact: true }).selectOption({ label: scenario });
  await page.getByRole('main').focus();
  await page.keyboard.press(key);
  const state = page.getByRole('radio', { name: 'State' });
  // Only where one view has room there is a choice.
  if (await state.isVisible()) await state.check({ force: true });
  await page.getByRole('tab', { name: view }).click();
}

test('machines: the state is lit, the transition is marked, the table says the same', async () => {
  const { page, close } = await open(on.browser, on.hub.play);
  await look(page, titles.qos1, 'Machines', 'Home');
  const machine = page.getByRole('region', { name: /^Connection, at/ });
  assert.equal(await machine.locator('.state.here text').textContent(), 'closed');
  await page.getByRole('main').focus();
  await page.keyboard.press('ArrowRight');
  assert.equal(await machine.locator('.state.here text').textContent(), 'await CONNACK');
  assert.equal(await machine.locator('.on.now').textContent(), 'transport up');
  await machine.getByText('All transitions').click();
  const row = machine.getByRole('row').filter({ hasText: 'just now' });
  assert.match(await row.textContent(), /closed.*transport up.*send CONNECT.*await CONNACK.*MQTT-3\.1\.0-1/);
  // The choice is walked by arrows, and the run stays where it is.
  await page.getByRole('tab', { name: 'Machines' }).focus();
  await page.keyboard.press('ArrowRight');
  assert.equal(await page.getByRole('tab', { name: 'Topics' }).getAttribute('aria-selected'), 'true');
  assert.match(await page.locator('.clock strong').textContent(), /^Step 1 of/);
  await close();
});

test('topics: a tree for the keyboard, and who would get a message', async () => {
  const { page, close } = await open(on.browser, on.hub.play);
  await look(page, titles.qos1, 'Topics');
  const tree = page.getByRole('tree', { name: 'Topics of the broker' });
  await tree.getByRole('treeitem').first().focus();
  await page.keyboard.press('End');
  assert.match(await tree.locator('[aria-selected=true]').textContent(), /robot\/move/);
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('ArrowLeft');
  assert.equal(await tree.getByRole('treeitem').first().getAttribute('aria-expanded'), 'false');
  const field = page.getByRole('textbox', { name: 'Topic' });
  await field.fill('robot/move');
  await page.getByText('A message there would go to').waitFor();
  assert.match(await page.locator('.subs').first().textContent(), /robot-1/);
  await field.fill('robot/+');
  await page.getByText('That is a filter').waitFor();
  await close();
});

test('messages: what became of each, and the way to its step', async () => {
  const { page, close } = await open(on.browser, on.hub.play);
  await look(page, titles.lostPuback, 'Messages');
  await page.getByRole('button', { name: /^more than once/ }).click();
  const row = page.getByRole('table', { name: 'Messages so far' }).getByRole('row').nth(1);
  assert.match(await row.textContent(), /robot\/move.*robot-1 2×/);
  await row.getByRole('button', { name: /^Step/ }).click();
  assert.match(await page.locator('.clock strong').textContent(), /^Step 7 of/);
  await close();
});

for (const [name, size] of Object.entries(sizes)) {
  for (const theme of name === 'wide' || name === 'phone' ? themes : ['light']) {
    test(`the three views, ${name}, ${theme}`, async () => {
      const { page, close } = await open(on.browser, on.hub.play, { size, theme });
      for (const view of ['Machines', 'Topics', 'Messages']) {
        await look(page, titles.lostPuback, view);
        if (view === 'Topics') await page.getByRole('textbox', { name: 'Topic' }).fill('robot/move');
        if (name === 'projector') await page.getByRole('button', { name: 'Projector mode' }).click();
        await screenshot(page, `study-${view.toLowerCase()}-${name}-${theme}`);
        assert.deepEqual(await accessibilityProblems(page), [], view);
        const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        assert.ok(wide <= 0, `${view}: ${wide} px too wide`);
        if (name === 'projector') await page.getByRole('button', { name: 'Projector mode' }).click();
      }
      await close();
    });
  }
}
