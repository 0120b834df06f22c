// What is arranged with keys: splitters and lanes.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { open, withHub } from './harness.mjs';

const on = withHub();

test('a splitter moves by keys, is put back by a double click, and is kept', async () => {
  const { page, close } = await open(on.browser, on.hub.play);
  const width = () => page.locator('#map').evaluate((it) => Math.round(it.getBoundingClientRect().width));
  const edge = page.getByRole('separator', { name: 'Width of the map' });
  const before = await width();
  await edge.focus();
  await page.keyboard.press('ArrowRight');
  assert.equal(await width(), before + 16);
  assert.equal(await edge.getAttribute('aria-valuenow'), String(before + 16));
  await page.reload();
  await page.getByRole('main').waitFor();
  assert.equal(await width(), before + 16);
  await edge.dblclick();
  assert.equal(await width(), before);
  await close();
});

test('a lane is moved, hidden and shown again by keys', async () => {
  const { page, close } = await open(on.browser, `${on.hub.http}#/play/qos1`);
  const lanes = () => page.getByRole('group', { name: 'Lanes' }).getByRole('button', { name: /, lane \d of \d/ }).evaluateAll((all) => all.map((it) => it.getAttribute('aria-label')));
  assert.deepEqual(await lanes(), ['phone-1, lane 1 of 3', 'broker, lane 2 of 3', 'robot-1, lane 3 of 3']);
  await page.getByRole('button', { name: /^robot-1, lane/ }).focus();
  await page.keyboard.press('Alt+ArrowLeft');
  assert.deepEqual(await lanes(), ['phone-1, lane 1 of 3', 'robot-1, lane 2 of 3', 'broker, lane 3 of 3']);
  // The head keeps the focus.
  await page.keyboard.press('Enter');
  assert.deepEqual(await lanes(), ['phone-1, lane 1 of 2', 'broker, lane 2 of 2']);
  await page.getByRole('button', { name: '1 lane is hidden' }).press('Enter');
  await page.getByRole('checkbox', { name: 'robot-1' }).press(' ');
  assert.equal((await lanes()).length, 3);
  await page.getByRole('button', { name: 'Lanes', exact: true }).press('Enter');
  assert.equal(await page.getByRole('checkbox', { name: 'robot-1' }).count(), 0);
  await close();
});
