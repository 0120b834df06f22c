// A learner goes through a lesson with keys alone: predictions before the packet moves, the run, the task, the next one.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accessibilityProblems, open, place, screenshot, sizes, standsAt, withHub } from './harness.mjs';

const on = withHub();
const lesson = () => `${on.hub.http}#/play/qos1-puback-lost`;

const radios = (page) => page.locator('.ask').getByRole('radio');

/** Steps with the arrow key until a question waits; `false` if the run ends before. */
async function stepToQuestion(page) {
  for (let presses = 0; presses < 200; presses++) {
    // On a telephone it may be behind a tab.
    if (await page.locator('.ask').getByRole('radio', { includeHidden: true }).count()) return true;
    if ((await place(page)) === 'End') return false;
    await page.keyboard.press('ArrowRight');
  }
  assert.fail('the lesson does not come to an end');
}

test('a prediction is committed before the reveal, and kept', async () => {
  const { page, close } = await open(on.browser, lesson());
  await page.getByRole('main').focus();
  assert.ok(await stepToQuestion(page), 'the lesson asks something');
  assert.equal(await page.locator('.ask .is-right, .ask .is-wrong').count(), 0, 'nothing tells which answer is right');
  await page.keyboard.press('b');
  assert.ok(await radios(page).nth(1).isChecked());
  await page.keyboard.press('Enter');
  await page.locator('.ask').getByText('Locked in', { exact: true }).waitFor();
  assert.equal(await radios(page).count(), 0, 'what is locked in cannot be changed');
  assert.equal(await page.locator('.ask .is-right, .ask .is-wrong').count(), 0);
  await page.reload();
  await page.locator('.ask').getByText('Locked in', { exact: true }).waitFor();
  await page.getByRole('button', { name: /^Reveal at step/ }).press('Enter');
  await page.locator('.ask .is-right').waitFor();
  assert.match(await page.locator('.ask .result').textContent(), /You were right\.|It went another way\./);
  assert.deepEqual(await accessibilityProblems(page), []);
  await close();
});

test('a telephone says that a question waits, and leads to it', async () => {
  const { page, close } = await open(on.browser, lesson(), { size: sizes.phone });
  const waits = page.getByRole('button', { name: 'A question waits: answer it' });
  const dot = () => page.locator('.t-explain').evaluate((it) => getComputedStyle(it, '::after').content);
  await page.getByRole('main').focus();
  assert.equal(await waits.count(), 0);
  assert.equal(await dot(), 'none');
  await stepToQuestion(page);
  assert.equal(await dot(), '"?"');
  assert.deepEqual(await accessibilityProblems(page), []);
  await waits.press('Enter');
  await page.locator('.ask .q:focus').waitFor();
  assert.ok(await page.locator('.ask .opt').first().isVisible());
  await page.keyboard.press('b');
  await page.keyboard.press('Enter');
  await page.locator('.ask li.mine').waitFor();
  assert.equal(await waits.count(), 0);
  await close();
});

test('a step past an open question first leads to it, where a letter or another step goes on', async () => {
  for (const size of ['wide', 'phone']) {
    const { page, close } = await open(on.browser, lesson(), { size: sizes[size] });
    await page.getByRole('main').focus();
    assert.ok(await stepToQuestion(page));
    const asked = await place(page);
    await page.keyboard.press('ArrowRight');
    assert.equal(await place(page), asked);
    assert.equal(await page.evaluate(() => document.activeElement.id), 'h-q');
    await page.getByText('Answer first, or step forward again').waitFor();
    assert.deepEqual(await accessibilityProblems(page), []);
    await screenshot(page, `question-held-${size}`);
    await page.keyboard.press('ArrowRight');
    await page.locator('.ask').getByText('Not predicted', { exact: true }).waitFor();
    assert.notEqual(await place(page), asked);
    assert.equal(await radios(page).count(), 0);
    await page.keyboard.press('ArrowLeft');
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('b');
    await page.keyboard.press('ArrowRight');
    await page.locator('.ask').getByText('Locked in', { exact: true }).waitFor();
    await close();
  }
});

test('a lesson ends with a task, and leads to the next one', async () => {
  const { page, close } = await open(on.browser, lesson());
  await page.getByRole('main').focus();
  while (await stepToQuestion(page)) {
    await page.keyboard.press('a');
    await page.keyboard.press('Enter');
  }
  // From an answer that is shown at the end, one more step leads to the task.
  await page.keyboard.press('ArrowRight');
  await page.getByRole('heading', { name: 'Your turn' }).waitFor();
  assert.ok((await page.locator('.ask li').count()) > 0, 'the task has goals');
  await screenshot(page, 'lesson-task');
  const title = await page.getByRole('heading', { level: 1 }).textContent();
  await page.getByRole('link', { name: /^Next (part|lesson): / }).press('Enter');
  await page.waitForFunction((before) => document.querySelector('h1').textContent !== before, title);
  await standsAt(page, 'Start');
  await close();
});
