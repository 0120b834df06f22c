// What a reader does with the page: keys, selection, playing, tabs, projector, theme.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { open, place, sizes, titles, standsAt, withHub } from './harness.mjs';

const on = withHub();

/** Opens a scenario and steps with the arrow key until the packet pane says `badge`. */
async function stepTo(page, badge) {
  await page.getByLabel('Scenario', { exact: true }).selectOption({ label: titles.lostPuback });
  await page.getByRole('main').focus();
  for (let presses = 0; presses < 50; presses++) {
    if (await page.locator('#packet .badge', { hasText: badge }).count()) return;
    await page.keyboard.press('ArrowRight');
  }
  assert.fail(`no packet has the badge ${badge}`);
}

test('keys step, go to both ends, play and pause', async () => {
  const { page, close } = await open(on.browser, on.hub.play);
  await page.getByRole('main').focus();
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('ArrowRight');
  assert.match(await place(page), /^Step 2 of/);
  await page.keyboard.press('ArrowLeft');
  assert.match(await place(page), /^Step 1 of/);
  await page.keyboard.press('End');
  await standsAt(page, 'End');
  await page.keyboard.press('Home');
  await standsAt(page, 'Start');
  await page.keyboard.press(' ');
  await page.getByRole('button', { name: 'Pause', exact: true }).waitFor();
  await page.keyboard.press('.');
  await page.getByRole('button', { name: 'Play', exact: true }).waitFor();
  await close();
});

test('playing comes to the end by itself', async () => {
  const { page, close } = await open(on.browser, on.hub.play, { reducedMotion: 'no-preference' });
  await page.getByLabel('Scenario', { exact: true }).selectOption({ label: titles.lostPuback });
  const speed = page.getByLabel('speed');
  await speed.focus();
  await page.keyboard.press('End');
  assert.equal(await speed.getAttribute('aria-valuetext'), 'real time');
  const play = page.getByRole('button', { name: 'Play', exact: true });
  await play.click();
  // Playing stops where the lesson asks something, and goes on when that is answered.
  const end = page.locator('.clock strong', { hasText: 'End' });
  const question = page.locator('.ask').getByRole('radio').first();
  for (let asked = 0; asked < 10; asked++) {
    await end.or(question).first().waitFor({ timeout: 30_000 });
    if (!(await question.count())) break;
    await page.keyboard.press('a');
    await page.getByRole('button', { name: 'Lock in' }).click();
    await play.click();
  }
  await end.waitFor({ timeout: 30_000 });
  assert.equal(await page.locator('#map .here').textContent(), '2 m');
  await close();
});

test('field, bytes and bits are lit together, both ways and with keys', async () => {
  const { page, close } = await open(on.browser, on.hub.play);
  await stepTo(page, 'DUP = 1');
  const lit = () => page.locator('.bytes .on').allTextContents();
  const field = page.locator('.tree [aria-selected=true]');
  assert.match(await field.textContent(), /^DUP/);
  assert.deepEqual(await lit(), ['3A']);

  await page.getByRole('button', { name: /^byte 7,/ }).click();
  assert.match(await field.textContent(), /^Topic Namerobot\/move/);
  assert.equal((await lit()).length, 12);

  await page.getByRole('treeitem', { name: /^Packet Identifier/ }).click();
  assert.deepEqual(await lit(), ['00', '01']);
  await page.keyboard.press('ArrowUp');
  assert.match(await field.textContent(), /^Topic Name/);
  await field.focus();

  const byte = page.getByRole('button', { name: /^byte 2,/ });
  await byte.focus();
  await page.keyboard.press('ArrowDown');
  assert.equal(await page.evaluate(() => document.activeElement.id), 'byte-10');
  assert.match(await place(page), /^Step \d+ of/, 'arrows among the bytes are not steps');
  await close();
});

test('a cause is a way back, a rule opens its gist with a link', async () => {
  const { page, close } = await open(on.browser, on.hub.play);
  await stepTo(page, 'DUP = 1');
  const here = await place(page);
  const rules = page.locator('.rules button');
  // A question waits here: until it is answered, nothing that could answer it is said.
  assert.equal(await rules.count(), 0);
  await page.keyboard.press('a');
  await page.keyboard.press('Enter');
  await rules.nth(1).waitFor();
  await rules.nth(1).click();
  assert.equal(await rules.nth(1).getAttribute('aria-expanded'), 'true');
  assert.equal(await rules.nth(0).getAttribute('aria-expanded'), 'false');
  assert.match(await page.locator('.ruletext a').getAttribute('href'), /^https:\/\/docs\.oasis-open\.org\//);
  const causes = page.getByRole('list').filter({ has: page.getByRole('button', { name: /^Step \d+$/ }) });
  assert.equal(await causes.getByRole('button').count(), 4);
  await causes.getByRole('button').first().click();
  assert.notEqual(await place(page), here);
  await close();
});

test('a packet is selected without moving time', async () => {
  const { page, close } = await open(on.browser, on.hub.play);
  await stepTo(page, 'DUP = 1');
  const here = await place(page);
  const steps = await page.locator('#steps li').count();
  await page.getByRole('button', { name: /PUBACK packet id 1.*arrived/ }).first().click();
  assert.match(await page.locator('#h-pk').textContent(), /PUBACK 1/);
  await standsAt(page, here);
  assert.equal(await page.locator('#steps li').count(), steps);
  await close();
});

test('the timeline says nothing of the future', async () => {
  const { page, close } = await open(on.browser, on.hub.play);
  await stepTo(page, 'DUP = 1');
  const names = await page.locator('.track .fut button').evaluateAll((all) => all.map((it) => it.getAttribute('aria-label')));
  assert.ok(names.length > 1);
  for (const name of names) assert.match(name, /^Step \d+: not played yet$|^End of the scenario$/);
  await close();
});

test('tabs show one view at a time on a telephone', async () => {
  const { page, close } = await open(on.browser, on.hub.play, { size: sizes.phone });
  for (const [tab, id] of [['Map', 'map'], ['Packet', 'packet'], ['State', 'state'], ['Explain', 'dock'], ['Ladder', 'ladder']]) {
    await page.locator('.tabs').getByText(tab, { exact: true }).click();
    const shown = await page.locator('#map, #ladder, #state, #packet, #dock').evaluateAll((all) =>
      all.filter((it) => getComputedStyle(it).display !== 'none').map((it) => it.id),
    );
    assert.deepEqual(shown, [id]);
  }
  await close();
});

test('the theme is kept, and the projector has a way out', async () => {
  const { page, close } = await open(on.browser, on.hub.play);
  const theme = page.getByRole('button', { name: 'Dark theme' });
  await theme.click();
  assert.equal(await theme.getAttribute('aria-pressed'), 'true');
  await page.reload();
  await page.getByRole('main').waitFor();
  assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), 'dark');

  const projector = page.getByRole('button', { name: 'Projector mode' });
  await projector.click();
  assert.equal(await page.evaluate(() => document.documentElement.dataset.mode), 'projector');
  await page.keyboard.press('b');
  await page.locator('.app.blank').waitFor();
  await page.keyboard.press('b');
  await projector.click();
  assert.equal(await page.evaluate(() => document.documentElement.dataset.mode), undefined);
  await close();
});

test('who chooses a level with the pointer goes on with the run; with keys, the group stays at hand', async () => {
  const { page, close } = await open(on.browser, on.hub.play);
  const level = (name) => page.getByRole('radio', { name });
  await page.locator('.levels').getByText('Lab', { exact: true }).click();
  await page.keyboard.press('ArrowRight');
  assert.match(await place(page), /^Step 1 /);
  assert.ok(await level('Lab').isChecked());
  await level('Lab').focus();
  await page.keyboard.press('ArrowLeft');
  assert.ok(await level('Study').isChecked());
  assert.match(await place(page), /^Step 1 /);
  await close();
});

test('the page has no inline styles', async () => {
  const { page, close } = await open(on.browser, on.hub.play);
  await stepTo(page, 'DUP = 1');
  assert.equal(await page.locator('[style]').count(), 0);
  await close();
});
