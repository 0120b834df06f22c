// The sandbox, by keys and accessible names: a world from nothing, its run, a lesson made of it, and what a reload keeps.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accessibilityProblems, open, screenshot, steps, withHub } from './harness.mjs';

const on = withHub();
const sandbox = () => `${on.hub.http}#/sandbox`;

/** A list of choices from which something is added. */
const add = (page, label, what) => page.getByLabel(label, { exact: true }).selectOption({ label: what });
const line = (page, name) => page.getByRole('group', { name, exact: true });
const show = (page, section) => page.getByRole('radiogroup', { name: 'What to edit' }).getByText(section, { exact: true }).click();
/** Types into a field and leaves it. */
async function fill(field, text) {
  await field.fill(text);
  await field.press('Tab');
}

async function sensorAndLamp(page) {
  await page.getByRole('button', { name: 'Empty world' }).press('Enter');
  await page.getByRole('heading', { level: 1, name: 'My world' }).waitFor();
  for (const node of ['broker', 'thermometer', 'lamp']) await add(page, 'Add a node…', node);
  const settings = page.getByRole('region', { name: 'lamp-1' });
  await settings.getByLabel('Add…', { exact: true }).selectOption({ label: 'Subscription' });
  await fill(settings.getByLabel('Topic filter'), 'room/temperature');
  await page.getByLabel('Settings of').selectOption({ label: 'thermometer-1 (thermometer)' });
  const sensor = page.getByRole('region', { name: 'thermometer-1' });
  await sensor.getByLabel('Add…', { exact: true }).selectOption({ label: 'Rule: every so often' });
  const rule = line(page, 'Rule: every so often, publish');
  await fill(rule.getByLabel('Time'), '2 s');
  await fill(rule.getByLabel('Message'), '{reading}');
}

test('a sensor, a lamp and a broker from nothing; undo; a reload keeps it', async () => {
  const { page, close } = await open(on.browser, sandbox());
  assert.deepEqual(await accessibilityProblems(page), []);
  await sensorAndLamp(page);
  const run = await steps(page);
  assert.ok(run.some((step) => /broker -> lamp-1 +PUBLISH/.test(step)), run.join('\n'));
  assert.deepEqual(await accessibilityProblems(page), []);

  // What is wrong is said at its field, and the run stays.
  const time = line(page, 'Rule: every so often, publish').getByLabel('Time');
  await fill(time, 'soon');
  await page.getByRole('alert').filter({ hasText: 'Expected a time' }).waitFor();
  assert.equal(await time.getAttribute('aria-invalid'), 'true');
  assert.deepEqual(await steps(page), run);
  assert.deepEqual(await accessibilityProblems(page), []);
  await fill(time, '4 s');
  await page.getByRole('alert').waitFor({ state: 'detached' });
  assert.notDeepEqual(await steps(page), run);
  await page.locator('#sandbox').focus();
  await page.keyboard.press('Control+z');
  assert.deepEqual(await steps(page), run);

  // A device moves by keys, and the map grows and shrinks.
  const lamp = page.locator('#map').getByRole('button', { name: /^lamp-1/ });
  await lamp.focus();
  await page.keyboard.press('Shift+ArrowRight');
  await page.keyboard.press('+');
  await page.keyboard.press('f');
  assert.match(await page.getByRole('button', { name: /^Undo/ }).getAttribute('aria-label'), /place on the map/);

  // As text: both ways, with the place of what is wrong.
  await show(page, 'Text');
  const text = page.getByLabel('The world as text');
  const written = await text.inputValue();
  assert.match(written, /node lamp-1 lamp\n {2}place \d+ \d+\n {2}subscribe "room\/temperature"\n/);
  await text.fill(`${written}at 1 s: nobody connect\n`);
  await page.getByRole('alert').filter({ hasText: `Line ${written.split('\n').length}, column 9:` }).waitFor();
  await text.fill(`${written}at 5 s: lamp-1 power-off\n`);
  await text.press('Control+Enter');
  const mine = await steps(page);
  assert.match(mine.join('\n'), /lamp-1 +loses power/);

  await page.reload();
  await page.getByRole('main').waitFor();
  assert.deepEqual(await steps(page), mine);
  await page.getByRole('button', { name: 'All worlds' }).press('Enter');
  await page.getByRole('link', { name: 'My world' }).waitFor();
  await close();
});

test('a lesson without code: a text and a prediction, walked through, with the hands of a class', async () => {
  const { page, close } = await open(on.browser, sandbox());
  await sensorAndLamp(page);
  await show(page, 'Lesson');
  await add(page, 'Add…', 'Lesson');
  await fill(line(page, 'Lesson').getByLabel('Title'), 'Who hears the sensor?');
  const beats = page.getByRole('region', { name: 'What is said and asked' });
  await beats.getByLabel('Add…', { exact: true }).selectOption({ label: 'Ask for a prediction' });
  await fill(line(page, 'at a time, Ask for a prediction').getByRole('textbox', { name: 'Text' }), 'How many lamps hear it?');
  for (const [kind, text] of [['Right answer', 'One'], ['Wrong answer', 'None']]) {
    const answer = page.getByRole('group', { name: new RegExp(`^${kind},`) });
    await fill(answer.getByRole('textbox', { name: 'Text' }), text);
    await fill(answer.getByLabel('How often'), kind === 'Right answer' ? 'at least 1' : '0');
    await fill(answer.getByLabel('To'), 'lamp-1');
    await answer.getByText(/^The run agrees/).waitFor();
  }
  assert.deepEqual(await accessibilityProblems(page), []);
  await screenshot(page, 'sandbox-lesson');

  await page.getByRole('link', { name: 'Walk through' }).press('Enter');
  await page.locator('#packet').waitFor();
  await page.locator('#ladder').focus();
  await page.keyboard.press('Home');
  const question = page.getByRole('region', { name: 'How many lamps hear it?' });
  for (let presses = 0; (await question.count()) === 0; presses++) {
    assert.ok(presses < 30, 'the question never comes');
    await page.keyboard.press('ArrowRight');
  }
  assert.equal(await question.getByRole('button', { name: 'Count raised hands' }).count(), 0, 'who is alone has no hands to count');
  await page.getByRole('button', { name: 'Projector mode' }).press('Enter');
  await question.getByRole('button', { name: 'Count raised hands' }).press('Enter');
  await question.getByRole('button', { name: 'One hand more: B' }).press('Enter');
  await fill(question.getByLabel('Hands for A'), '12');
  assert.deepEqual(await accessibilityProblems(page), []);
  await screenshot(page, 'sandbox-vote');
  await question.getByRole('button', { name: 'Lock in' }).press('Enter');
  await question.getByText('12 of 13 hands').waitFor();
  await screenshot(page, 'sandbox-votes');
  await question.getByRole('button', { name: /^Reveal/ }).press('Enter');
  await question.getByRole('status').filter({ hasText: /right/i }).waitFor();

  // On the wall there are no places to go to.
  await page.getByRole('button', { name: 'Projector mode' }).press('Enter');
  await page.getByRole('navigation', { name: 'Places' }).getByRole('link', { name: 'Lessons' }).press('Enter');
  const own = page.getByRole('region', { name: 'Mine' }).or(page.locator('.chap').filter({ hasText: 'Mine' }));
  await own.getByText('Who hears the sensor?').waitFor();
  await close();
});
