// Files, filter, stops and the command palette, by keys and accessible names.

import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { accessibilityProblems, open, place, screenshot, standsAt, steps, titles, withHub } from './harness.mjs';

const on = withHub();

/** Opens the scenario of the lost PUBACK. */
async function openLostPuback(page) {
  await page.getByLabel('Scenario', { exact: true }).selectOption({ label: titles.lostPuback });
  await page.getByRole('main').focus();
}

/** What is wrong with the accessibility of the parts that these tests are about. */
async function problems(page, part) {
  const all = await accessibilityProblems(page);
  return all.filter(({ where }) => where.some((place) => place.includes(part)));
}

/** Does what the palette finds for `words`; the file that comes of it. */
async function exported(page, words) {
  const download = page.waitForEvent('download');
  await page.keyboard.press('Control+k');
  await page.getByRole('combobox', { name: 'Commands' }).fill(words);
  await page.keyboard.press('Enter');
  const file = await download;
  const path = join(tmpdir(), `mqtt-playground-${process.pid}-${file.suggestedFilename()}`);
  await file.saveAs(path);
  return { name: file.suggestedFilename(), path, bytes: await readFile(path) };
}

test('a work that was saved opens in another browser at the same moment', async () => {
  const { page, close } = await open(on.browser, on.hub.play);
  await openLostPuback(page);
  for (let step = 0; step < 7; step++) await page.keyboard.press('ArrowRight');
  await page.keyboard.press('m');
  const { name, path, bytes } = await exported(page, 'save the work');
  assert.equal(name, 'qos-1-the-robot-and-the-lost-acknowledgement.mqttplay');
  assert.match(bytes.toString(), /^mqtt-playground 2\nscenario qos1-puback-lost/);
  const other = await open(on.browser, on.hub.play);
  const chooser = other.page.waitForEvent('filechooser');
  await other.page.getByRole('main').focus();
  await other.page.keyboard.press('Control+o');
  await (await chooser).setFiles(path);
  await other.page.getByText('This is the moment that was saved.').waitFor();
  assert.equal(await place(other.page), await place(page));
  assert.deepEqual(await steps(other.page), await steps(page));
  await other.page.getByRole('button', { name: /· Marker 1$/ }).waitFor();
  await other.close();
  await close();
});

test('a file that is none of ours is refused', async () => {
  const { page, close } = await open(on.browser, on.hub.play);
  const path = join(tmpdir(), `mqtt-playground-${process.pid}.bin`);
  await writeFile(path, Buffer.from([0, 159, 146, 150]));
  const chooser = page.waitForEvent('filechooser');
  await page.getByRole('main').focus();
  await page.keyboard.press('Control+o');
  await (await chooser).setFiles(path);
  await page.getByText(/\.bin” was not opened.*\.mqttplay.*\.mqtt.*\.pcapng/).waitFor();
  await close();
});

test('the ladder leaves the page as text, Mermaid, SVG and PNG', async () => {
  for (const theme of ['light', 'dark']) {
    const { page, close } = await open(on.browser, on.hub.play, { theme });
    await openLostPuback(page);
    await page.keyboard.press('End');
    const text = await exported(page, 'as text');
    assert.match(text.bytes.toString(), /PUBLISH/);
    const mermaid = await exported(page, 'mermaid');
    assert.match(mermaid.bytes.toString(), /sequenceDiagram\n {4}participant n0 as phone-1/);
    const svg = (await exported(page, 'as svg')).bytes.toString();
    // It stands alone: no classes, no variables, and the light theme's ground.
    assert.doesNotMatch(svg, /class=|var\(|style=/);
    assert.match(svg, /fill="rgb\(255, 255, 255\)"/);
    const names = svg.match(/>PUBLISH/g) ?? [];
    assert.ok(names.length >= 3, svg.slice(0, 500));
    const drawn = await page.evaluate(async (text) => {
      const document = new DOMParser().parseFromString(text, 'image/svg+xml');
      return document.querySelector('parsererror')?.textContent ?? document.documentElement.tagName;
    }, svg);
    assert.equal(drawn, 'svg');
    const png = (await exported(page, 'as png')).bytes;
    assert.deepEqual([...png.subarray(0, 4)], [0x89, 0x50, 0x4e, 0x47]);
    assert.ok(png.length > 20_000, `${png.length} bytes`);
    await close();
  }
});

test('the filter is typed, completed and cleared by keys', async () => {
  const { page, close } = await open(on.browser, on.hub.play);
  await openLostPuback(page);
  await page.keyboard.press('End');
  const all = (await steps(page)).length;
  await page.keyboard.press('/');
  const filter = page.getByRole('combobox', { name: 'Filter' });
  await page.waitForFunction(() => document.activeElement?.id === 'filter');
  await page.keyboard.type('mqtt.msgt');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  assert.equal(await filter.inputValue(), 'mqtt.msgtype ');
  await page.keyboard.type('== 3');
  await page.keyboard.press('Enter');
  const shown = await steps(page);
  assert.ok(shown.length > 0 && shown.length < all && shown.every((line) => line.includes('PUBLISH')));
  await page.getByText(`${shown.length} of ${all}`).waitFor();
  await screenshot(page, 'filter');
  await page.keyboard.type(' && mqtt.nonsense');
  await page.getByRole('alert').getByText('is not a field').waitFor();
  assert.deepEqual(await problems(page, '.filter'), []);
  await page.keyboard.press('Escape');
  assert.equal((await steps(page)).length, all);
  await close();
});

test('stops and markers by keys', async () => {
  const { page, close } = await open(on.browser, on.hub.play);
  await openLostPuback(page);
  await page.keyboard.press('s');
  const field = page.getByLabel('Stop when');
  await page.waitForFunction(() => document.activeElement?.id === 'stop-expression');
  await page.keyboard.type('mqtt.dupflag == 1');
  await page.keyboard.press('Enter');
  await page.getByRole('checkbox', { name: 'mqtt.dupflag == 1' }).waitFor();
  assert.equal(await field.inputValue(), '');
  assert.deepEqual(await problems(page, '.stops'), []);
  await screenshot(page, 'stops');
  await page.keyboard.press('Escape');
  await page.getByRole('main').focus();
  await page.keyboard.press('}');
  await page.locator('#packet .badge', { hasText: 'DUP = 1' }).waitFor();
  const stopped = await place(page);
  await page.keyboard.press('m');
  await page.keyboard.press('Home');
  await page.keyboard.press('>');
  await standsAt(page, stopped);
  await close();
});

test('the palette finds lessons, and the help has every key', async () => {
  const { page, close } = await open(on.browser, on.hub.http);
  await page.getByRole('main').focus();
  await page.keyboard.press('Control+k');
  const palette = page.getByRole('combobox', { name: 'Commands' });
  await palette.waitFor();
  assert.deepEqual(await problems(page, '.palette'), []);
  await palette.fill('robot lost acknowledgement');
  await screenshot(page, 'palette');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { level: 1, name: titles.lostPuback }).waitFor();
  await page.getByRole('main').focus();
  await page.keyboard.press('?');
  const help = page.getByRole('dialog', { name: 'Keys and help' });
  await help.getByText('Run to the next stop').waitFor();
  await screenshot(page, 'help');
  assert.deepEqual(await problems(page, '.help'), []);
  // The run behind it is out of reach.
  await page.keyboard.press('ArrowRight');
  for (let presses = 0; presses < 12; presses++) {
    await page.keyboard.press('Tab');
    const isOutside = await page.evaluate(() => document.activeElement.closest('.app') !== null);
    assert.ok(!isOutside, `after ${presses + 1} times Tab`);
  }
  await page.keyboard.press('Escape');
  await close();
});
