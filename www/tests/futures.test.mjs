// The instruments of understanding, with the keyboard alone: why and why not, and futures.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accessibilityProblems, open, place, screenshot, sizes, themes, standsAt, withHub } from './harness.mjs';

const on = withHub();
const at = (fragment) => `${on.hub.http}#/${fragment}`;
const press = async (page, key, times = 1) => {
  for (let i = 0; i < times; i++) await page.keyboard.press(key);
};
const focused = (page) => page.evaluate(() => document.activeElement.getAttribute('aria-label') ?? document.activeElement.textContent);

test('why: the chain leads to its steps and back, and whole with Y', async () => {
  const { page, close } = await open(on.browser, at('play/qos1-puback-lost'));
  await page.getByRole('main').focus();
  await press(page, 'End');
  const here = await place(page);
  const why = page.locator('#why');
  await press(page, 'y');
  assert.equal(await page.getByRole('button', { name: /^Why\?/ }).getAttribute('aria-expanded'), 'true');

  // The message that came twice can be asked about.
  await page.getByRole('button', { name: 'robot-1 got “forward 1 m” 2 times. Why?' }).focus();
  await press(page, 'Enter');
  assert.equal(await focused(page), 'robot-1 got “forward 1 m” 2 times. Why?');
  assert.match(await why.textContent(), /PUBACK 1 is lost: the link was cut under it\./);
  assert.deepEqual(await accessibilityProblems(page), []);
  await screenshot(page, 'why');

  await why.getByRole('button', { name: 'Step 7' }).first().focus();
  await press(page, 'Enter');
  assert.match(await place(page), /^Step 7 /);
  await press(page, 'Alt+ArrowLeft');
  await standsAt(page, here);
  await close();
});

test('futures: arrows walk the bars, Enter opens a run, and two ladders stand side by side', async () => {
  const { page, close } = await open(on.browser, at('play/qos1-puback-lost'));
  await page.getByRole('navigation').getByRole('link', { name: 'Futures' }).focus();
  await press(page, 'Enter');
  await page.getByText(/^139 runs, same seed 1/).waitFor();
  await page.getByRole('button', { name: /^QoS 0, PUBLISH sent, nothing/ }).focus();
  await press(page, 'ArrowDown', 2);
  await press(page, 'End');
  await press(page, 'ArrowLeft');
  assert.equal(await focused(page), 'QoS 1, session kept, PUBACK on the wire, cut after 3 of 4 bytes: delivered 2 times');
  await press(page, 'Enter');
  assert.equal(await focused(page), 'Two futures of one past');

  const [a, b] = ['A', 'B'].map((side) => page.getByRole('combobox', { name: `Future ${side}` }));
  const chosen = (box) => box.evaluate((it) => it.selectedOptions[0].textContent);
  assert.equal(await chosen(a), 'QoS 1, session kept, PUBACK on the wire, cut after 3 of 4 bytes');
  assert.equal(await chosen(b), 'QoS 1, session kept, no cut');
  const table = page.getByRole('region', { name: 'What differs at the end' });
  assert.match(await table.textContent(), /delivered to robot-1.*2 times.*1 time/);
  // Tab goes from A to B.
  await page.getByRole('region', { name: /^A / }).focus();
  assert.equal(await page.getByRole('region', { name: /^B / }).getAttribute('tabindex'), '0');

  for (const theme of themes) {
    for (const [name, size] of Object.entries(sizes)) {
      await page.setViewportSize(size);
      await screenshot(page, `pair-${name}-${theme}`);
    }
    assert.deepEqual(await accessibilityProblems(page), [], theme);
    await page.setViewportSize(sizes.wide);
    if (theme === 'light') await page.getByRole('button', { name: 'Dark theme' }).click();
  }
  await close();
});

test('on a telephone it can be read whose link is cut, and on the wall which futures are compared', async () => {
  const { page, close } = await open(on.browser, at('play/topics'), { size: sizes.phone });
  await page.evaluate(() => (location.hash = '#/futures'));
  await page.locator('.cutbar').first().waitFor();
  const device = page.locator('.cuttools select');
  const { width, needed } = await device.evaluate((it) => {
    const context = document.createElement('canvas').getContext('2d');
    context.font = getComputedStyle(it).font;
    return { width: it.clientWidth, needed: context.measureText(it.selectedOptions[0].textContent).width };
  });
  assert.ok(width > needed + 40, `${needed} px of words in ${width} px`);

  await page.setViewportSize(sizes.wide);
  const heads = page.locator('.futurehead');
  await heads.first().waitFor();
  const chosen = await heads.locator('select').evaluateAll((all) => all.map((it) => it.selectedOptions[0].textContent));
  await page.setViewportSize(sizes.projector);
  await page.locator('.opt-proj[aria-pressed]').click();
  for (const [index, name] of chosen.entries()) await heads.nth(index).locator('strong').getByText(name, { exact: true }).waitFor();
  await close();
});

test('a byte is changed with keys, the decoder names the rule, and the broker reacts when it is sent', async () => {
  const { page, close } = await open(on.browser, at('play/qos1'));
  await page.getByRole('radio', { name: 'Lab' }).focus();
  await press(page, 'Space');
  await page.getByRole('main').focus();
  await press(page, 'ArrowRight', 7);
  await page.getByRole('button', { name: 'Edit a byte' }).focus();
  await press(page, 'Enter');
  await page.getByRole('group', { name: 'Bytes' }).getByRole('button', { name: /^byte 0, 32/ }).focus();
  await press(page, '3');
  await press(page, '6');
  const edit = page.getByRole('group', { name: 'Edit a byte' });
  assert.match(await page.locator('#packet').getByRole('status').textContent(), /^1 byte changed\. Malformed: .* MQTT-3\.3\.1-4: /);
  assert.deepEqual(await accessibilityProblems(page), []);
  await screenshot(page, 'edit');
  await edit.getByRole('button', { name: 'Send it from phone-1' }).focus();
  await press(page, 'Enter');
  await page.getByRole('button', { name: /^Undo: phone-1 sends 27 raw bytes/ }).waitFor();
  // The bytes have to arrive first, and a question waits on the way: until it is passed, nothing that could answer it is said.
  const rule = page.getByRole('button', { name: 'MQTT-3.3.1-4' });
  await page.getByRole('main').focus();
  for (let steps = 0; steps < 8 && !(await rule.isVisible()); steps++) await press(page, 'ArrowRight');
  assert.ok(await rule.isVisible(), 'the broker names the rule');
  await press(page, 'Control+z');
  await page.getByText(/^Undone: phone-1 sends 27 raw bytes/).waitFor();
  await close();
});
