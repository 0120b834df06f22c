// What a user does to the world, with the keyboard alone: menus, forms, undo, futures, places, and what a reload keeps.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accessibilityProblems, open, place, screenshot, standsAt, steps, whole, withHub } from './harness.mjs';

const on = withHub();
const qos1 = () => `${on.hub.http}#/play/qos1`;

/** Steps with the arrow key until something on the map has a name like this, and moves the focus to it. */
async function walkTo(page, name) {
  const target = page.locator('#map').getByRole('button', { name });
  await page.getByRole('main').focus();
  for (let presses = 0; (await target.count()) === 0; presses++) {
    assert.ok(presses < 50, `nothing on the map is called ${name}`);
    await page.keyboard.press('ArrowRight');
  }
  await page.locator('#map [role=button][tabindex="0"]').focus();
  // Up to the first of them, however many there are: Home and End belong to the run.
  for (let before; before !== (before = await focused(page)); ) await page.keyboard.press('ArrowUp');
  const id = await target.first().getAttribute('id');
  for (let presses = 0; (await focused(page)) !== id; presses++) {
    assert.ok(presses < 50, `arrows do not reach ${name}`);
    await page.keyboard.press('ArrowDown');
  }
}

const focused = (page) => page.evaluate(() => document.activeElement.id);

/** Opens the menu of what has the focus and chooses an entry, with keys. */
async function choose(page, entry) {
  await page.keyboard.press('Enter');
  const item = page.getByRole('menuitem', { name: entry });
  await item.waitFor();
  const id = await item.getAttribute('id');
  for (let presses = 0; (await focused(page)) !== id; presses++) {
    assert.ok(presses < 20, `arrows do not reach ${entry}`);
    await page.keyboard.press('ArrowDown');
  }
  await page.keyboard.press('Enter');
}

test('a packet is lost by a cut, and everything comes back with undo and redo', async () => {
  const { page, close } = await open(on.browser, qos1());
  await walkTo(page, /^PUBLISH .* on its way/);
  const before = await place(page);
  await choose(page, /^Cut the link now/);
  const cut = await steps(page);
  assert.match(cut.at(-1), /cut/i);
  assert.match(await page.getByRole('status').textContent(), /cut for 2\.00 s\. The run before it is kept\./);
  assert.deepEqual(await page.getByLabel('Future').locator('option').count(), 2);

  await page.keyboard.press('Control+z');
  await standsAt(page, before);
  assert.deepEqual(await steps(page), cut.slice(0, -1));
  await page.keyboard.press('Control+Shift+z');
  assert.deepEqual(await steps(page), cut);
  await close();
});

test('a form publishes, says what is wrong, and gives the focus back', async () => {
  const { page, close } = await open(on.browser, qos1());
  await page.getByRole('main').focus();
  await page.keyboard.press('End');
  await walkTo(page, /^phone-1, /);
  const phone = await focused(page);
  await choose(page, /^Publish…/);
  const topic = page.getByLabel('Topic');
  assert.equal(await topic.inputValue(), 'robot/move');
  await topic.fill('robot/#');
  await page.keyboard.press('Enter');
  await page.getByRole('alert').filter({ hasText: 'Not a topic name' }).waitFor();
  assert.deepEqual(await accessibilityProblems(page), []);
  await topic.fill('<img src=x onerror=alert(1)>');
  await page.getByLabel('Message').fill('\u202Eback 1 m');
  await page.keyboard.press('Enter');
  await page.locator('.menu').waitFor({ state: 'detached' });
  assert.equal(await focused(page), phone);
  assert.match((await steps(page)).at(-1), /PUBLISH/);
  assert.equal(await page.locator('img').count(), 0, 'a topic is text');
  await close();
});

test('Escape closes a menu and gives the focus back', async () => {
  const { page, close } = await open(on.browser, qos1());
  await walkTo(page, /^link robot-1/);
  await page.keyboard.press('Enter');
  await page.getByRole('menu').waitFor();
  assert.deepEqual(await accessibilityProblems(page), []);
  await page.keyboard.press('Escape');
  assert.equal(await page.getByRole('menu').count(), 0);
  assert.match(await focused(page), /^wire-/);
  await close();
});

test('a reload loses nothing', async () => {
  const { page, close } = await open(on.browser, qos1());
  await walkTo(page, /^PUBLISH .* on its way/);
  await choose(page, /^Cut the link now/);
  await page.getByRole('radio', { name: 'Lab' }).press(' ');
  const before = [await place(page), await steps(page), await page.getByLabel('Future').inputValue()];
  await page.reload();
  await page.getByRole('main').waitFor();
  assert.deepEqual([await place(page), await steps(page), await page.getByLabel('Future').inputValue()], before);
  assert.ok(await page.getByRole('radio', { name: 'Lab' }).isChecked());
  await page.goto(`${on.hub.http}#/lessons`);
  await page.getByRole('link', { name: 'Continue' }).click();
  await page.locator('#ladder').waitFor();
  assert.deepEqual(await steps(page), before[1]);
  await close();
});

test('a shared link opens the same moment in a fresh profile, also offline; a broken one harms nothing', async () => {
  const { page, close } = await open(on.browser, qos1(), { permissions: ['clipboard-read', 'clipboard-write'] });
  await walkTo(page, /^PUBLISH .* on its way/);
  await choose(page, /^Cut the link now/);
  await page.getByRole('button', { name: 'Copy link' }).click();
  await page.getByRole('status').filter({ hasText: 'Link copied' }).waitFor();
  const link = await page.evaluate(() => navigator.clipboard.readText());
  assert.match(link, /#\/w\/1\/[\w-]+$/);

  const fresh = await open(on.browser, on.hub.http);
  await whole(fresh.page);
  await fresh.page.context().setOffline(true);
  await fresh.page.evaluate((hash) => (location.hash = hash), link.slice(link.indexOf('#')));
  await fresh.page.getByRole('status').filter({ hasText: 'the moment that was shared' }).waitFor();
  assert.equal(await place(fresh.page), await place(page));
  assert.deepEqual(await steps(fresh.page), await steps(page));
  const mine = await steps(fresh.page);
  for (const broken of ['#/w/1/AAAA', '#/w/1/%00', `#/w/1/${'A'.repeat(60000)}`, `${link.slice(link.indexOf('#'), -6)}`]) {
    await fresh.page.getByRole('button', { name: 'Close' }).click();
    await fresh.page.evaluate((hash) => (location.hash = hash), broken);
    await fresh.page.getByRole('status').filter({ hasText: 'not opened' }).waitFor();
    assert.deepEqual(await steps(fresh.page), mine);
  }
  await fresh.close();
  await close();
});

test('places are addresses: links, Back and Forward', async () => {
  const { page, close } = await open(on.browser, on.hub.http);
  await page.locator('.les').getByText('QoS 2: exactly once', { exact: true }).click();
  // The browser tells of a new address some time after the press.
  const isTitled = (name) => page.getByRole('heading', { level: 1, name, exact: true }).waitFor();
  await isTitled('QoS 2: exactly once');
  assert.match(page.url(), /#\/play\/qos2$/);
  await page.getByRole('navigation', { name: 'Places' }).getByRole('link', { name: 'Lessons' }).click();
  await isTitled('MQTT Playground');
  await page.goBack();
  await isTitled('QoS 2: exactly once');
  await page.goForward();
  await isTitled('MQTT Playground');
  await page.evaluate(() => (location.hash = '#/kitchen'));
  await page.getByRole('status').filter({ hasText: 'no place called “kitchen”' }).waitFor();
  assert.match(page.url(), /#\/lessons$/);
  await close();
});

test('the lowest level shows the world and one sentence', async () => {
  const { page, close } = await open(on.browser, qos1());
  await page.getByRole('radio', { name: 'Basics' }).press(' ');
  assert.equal(await page.locator('#packet, #state').count(), 0);
  for (const id of ['map', 'ladder', 'dock']) assert.ok(await page.locator(`#${id}`).isVisible(), id);
  await screenshot(page, 'level-start');
  assert.deepEqual(await accessibilityProblems(page), []);
  await close();
});

test('the help lists the keys and takes the focus', async () => {
  const { page, close } = await open(on.browser, qos1());
  await page.getByRole('main').focus();
  await page.keyboard.press('?');
  const help = page.getByRole('dialog', { name: 'Keys and help' });
  await help.waitFor();
  assert.equal(await focused(page), 'help-close');
  assert.deepEqual(await accessibilityProblems(page), []);
  await page.keyboard.press('Escape');
  await help.waitFor({ state: 'detached' });
  await close();
});
