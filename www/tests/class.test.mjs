// A class: a teacher's page and students' pages at a real hub. They follow, walk alone, vote; and what happens when somebody is gone.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { accessibilityProblems, launch, open, place, screenshot, sizes, standsAt, startHub } from './harness.mjs';
import { startHost } from './static.mjs';

const LESSON = 'play/qos1-puback-lost';
const [JOIN, LEAD] = ['J2345678', 'L2345678'];
const patience = { timeout: 300_000 };
let browser;

before(async () => {
  browser = await launch();
});
after(() => browser?.close());

const startClass = () => startHub('native', undefined, ['--join-code', JOIN, '--lead-code', LEAD]);
const button = (page, name) => page.getByRole('button', { name, exact: true });
const strip = (page) => page.getByRole('region', { name: /^(Class|Klasse)$/ });
const go = (page, fragment) => page.evaluate((it) => (location.hash = it), `#/${fragment}`);

/** A page that leads. */
async function teacher(hub, options) {
  const opened = await open(browser, `${hub.http}#/class`, options);
  const { page } = opened;
  await page.getByLabel('Code to lead').fill(LEAD);
  await button(page, 'Open the class').click();
  await page.getByRole('heading', { name: 'The class is open.' }).waitFor();
  return opened;
}

/** Looks at a page in both themes and says what is wrong with it. */
async function look(page, name) {
  for (const theme of ['light', 'dark']) {
    await screenshot(page, `class-${name}-${theme}`);
    assert.deepEqual(await accessibilityProblems(page), [], `${name} ${theme}`);
    await page.evaluate(() => document.querySelector('[data-theme]').setAttribute('data-theme', document.documentElement.dataset.theme === 'dark' ? 'light' : 'dark'));
  }
}

test('two students follow, one walks alone, both vote in their own language, and see the result', patience, async (t) => {
  const hub = await startClass();
  t.after(hub.stop);
  const lead = await teacher(hub);
  const { page } = lead;
  const link = await page.locator('.invitation .both .mono').textContent();
  assert.equal(link, `${hub.http}#/class/${JOIN}`);
  await page.getByText(`${JOIN.slice(0, 4)} ${JOIN.slice(4)}`).waitFor();
  await page.getByRole('img', { name: 'QR code of the link that joins the class' }).waitFor();
  await look(page, 'teacher');
  // One comes by the link, one by the form, and has something of its own open.
  const one = await open(browser, link, { size: sizes.phone });
  await strip(one.page).getByText('follows').waitFor();
  const other = await open(browser, `${hub.http}#/play/outage`, { locale: 'de-DE' });
  await standsAt(other.page, 'Anfang');
  await other.page.locator('#ladder').focus();
  await other.page.keyboard.press('ArrowRight');
  const own = [await place(other.page), await other.page.getByRole('heading', { level: 1 }).textContent()];
  await go(other.page, 'class');
  await other.page.getByLabel(/^Code, /).fill('WRONG');
  await button(other.page, 'Beitreten').click();
  await other.page.getByRole('heading', { name: 'Der Hub hat einen anderen Code.' }).waitFor();
  await look(other.page, 'wrong-code');
  await other.page.getByLabel(/^Code, /).fill(`${JOIN.slice(0, 4)} ${JOIN.slice(4).toLowerCase()}`);
  await button(other.page, 'Beitreten').click();
  await strip(other.page).getByText('folgt').waitFor();
  await page.getByText('2 pages in the class').waitFor();

  // Forward and back.
  await go(page, LESSON);
  await page.locator('#ladder').focus();
  const both = [one.page, other.page];
  const meet = async (pages) => {
    const there = await place(page);
    const number = /\d+/.exec(there)?.[0];
    for (const student of pages) {
      await student.waitForFunction(([number]) => (/\d+/.exec(document.querySelector('.clock strong')?.textContent)?.[0] ?? null) === number, [number ?? null]);
    }
    return there;
  };
  for (const key of ['ArrowRight', 'ArrowRight', 'ArrowRight', 'ArrowLeft', 'End', 'Home', 'ArrowRight']) {
    await page.keyboard.press(key);
    await meet(both);
  }

  // One walks alone, and comes back.
  await one.page.getByRole('button', { name: 'Walk alone' }).click();
  const alone = await place(one.page);
  await page.keyboard.press('ArrowRight');
  await meet([other.page]);
  assert.equal(await place(one.page), alone);
  await strip(one.page).getByText('walks alone').waitFor();
  await look(one.page, 'alone');
  await button(one.page, 'Follow again').click();
  await meet(both);

  // The vote.
  const question = page.locator('.ask');
  for (let presses = 0; (await question.locator('label').count()) === 0; presses++) {
    assert.ok(presses < 40, 'the question never comes');
    await page.keyboard.press('ArrowRight');
  }
  await meet(both);
  await question.getByRole('button', { name: 'Ask the class' }).click();
  await question.getByText('The class votes: 0 of 2 have.').waitFor();
  // On a telephone the lesson is another view: the question stands above the bar.
  const asked = one.page.getByRole('radiogroup', { name: 'The class is asked' });
  await asked.waitFor();
  await look(one.page, 'asked');
  await asked.locator('label').nth(0).click();
  await one.page.getByRole('radiogroup', { name: 'View' }).getByText('Explain').click();
  await one.page.getByText('Your vote counts.').waitFor();
  await other.page.getByText('Die Klasse stimmt ab: eine Antwort wählen.').waitFor();
  await other.page.locator('.ask label').nth(1).click();
  await question.getByText('The class votes: 2 of 2 have.').waitFor();
  await question.getByText('1 of 2 votes').first().waitFor();
  assert.notEqual(await one.page.locator('.ask .q').textContent(), await other.page.locator('.ask .q').textContent());
  await other.page.locator('.ask label').nth(0).click();
  await question.getByText('2 of 2 votes').waitFor();
  await look(page, 'vote');
  await look(one.page, 'voted');
  await look(other.page, 'voted-wide');
  assert.equal(await one.page.locator('.votes').count(), 0, 'students see no votes before the end');
  await button(page, 'Lock in').click();
  await one.page.getByText('2 of 2 votes').waitFor();
  await question.getByRole('button', { name: /^Reveal/ }).click();
  await other.page.locator('.ask .is-right').waitFor();
  await other.page.getByText('2 von 2 Stimmen').waitFor();
  await look(page, 'revealed');
  await look(other.page, 'revealed-student');

  // A student leaves, and finds what was open before.
  await go(other.page, 'class');
  await button(other.page, 'Klasse verlassen').click();
  await other.page.getByRole('link', { name: 'Spielen' }).first().click();
  await other.page.locator('#ladder').waitFor();
  assert.equal(/\d+/.exec(await place(other.page))[0], /\d+/.exec(own[0])[0]);
  await other.close();
  await go(page, 'class');
  await page.getByText('1 page in the class').waitFor();

  // The teacher's tab closes: who is left is told, and goes on.
  await lead.close();
  await strip(one.page).getByText('The teacher’s page is gone.').waitFor();
  const before = await place(one.page);
  await one.page.getByRole('radiogroup', { name: 'View' }).getByText('Ladder').click();
  await one.page.locator('#ladder').focus();
  await one.page.keyboard.press('ArrowLeft');
  assert.notEqual(await place(one.page), before);
  await look(one.page, 'left');
  await one.close();
});

test('a hub that goes is dialled again for all to see, and a page without a hub says what to do', patience, async (t) => {
  const hub = await startClass();
  const { page } = await teacher(hub, { size: sizes.projector });
  await button(page, 'Projector mode').click();
  await screenshot(page, 'class-teacher-projector');
  const student = await open(browser, `${hub.http}#/class/${JOIN}`);
  await strip(student.page).getByText('follows').waitFor();
  await hub.stop();
  await strip(student.page).getByText(/^Tries again in \d+ s \(attempt \d+\)$/).waitFor();
  await button(student.page, 'Try now').waitFor();
  await page.getByText(/^Tries again in \d+ s \(attempt \d+\)$/).waitFor();
  await look(student.page, 'hub-gone');
  // That nobody answers is an error to the browser, and no fault of the page.
  for (const it of [page, student.page]) await it.context().close();

  const host = await startHost();
  t.after(host.stop);
  const plain = await open(browser, `${host.url}/#/class`, { size: sizes.tablet });
  await button(plain.page, 'Join').click();
  await plain.page.getByRole('heading', { name: 'No hub answers at this address.' }).waitFor();
  await plain.page.getByText(/^This page comes from a plain web server/).waitFor();
  await look(plain.page, 'no-hub');
  await plain.page.context().close();
});
