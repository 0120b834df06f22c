// Every screen of the page, at every size, light and dark, in English and German: it fits, no rule of accessibility is broken,
// and a picture of it is in target/screens/ for people to look at.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { misfits } from './fit.mjs';
import { accessibilityProblems, open, place, screenshot, sizes, withHub } from './harness.mjs';

const on = withHub();
const keys = async (page, ...names) => {
  for (const name of names) await page.keyboard.press(name);
};
const times = (count, key) => Array(count).fill(key);

/** Opens a scenario, or one of its views, at a step. Nothing here knows the language. */
const at = (steps) => async (page) => {
  await page.locator('#ladder').focus();
  await keys(page, ...times(steps, 'ArrowRight'));
  // An open question takes a key more, and where one view has room it is the question.
  while (Number((await place(page)).match(/\d+/) ?? Infinity) < steps) await keys(page, 'ArrowRight');
  const ladder = page.locator('.tabs label').first();
  if (await ladder.isVisible()) await ladder.click();
};
/** One view, where only one has room. */
const tab = (number, steps = 14) => async (page) => {
  await at(steps)(page);
  await page.locator('.tabs label').nth(number).click();
};
/** The menu of the second thing on the map. */
async function menu(page, steps = 9) {
  if (steps) await at(steps)(page);
  await page.locator('#map [role=button][tabindex="0"]').focus();
  // Home and End belong to the run.
  await keys(page, ...times(20, 'ArrowUp'), 'ArrowDown', 'Enter');
  await page.locator('.menu').waitFor();
}
async function question(page) {
  await page.locator('#ladder').focus();
  for (let presses = 0; presses < 40 && !(await page.locator('.ask label').count()); presses++) await keys(page, 'ArrowRight');
}
async function revealed(page) {
  await question(page);
  await keys(page, 'b', 'Enter');
  // Locked in: before, the button there is another.
  await page.locator('.ask li.mine').waitFor();
  await page.locator('.askfoot .primary').press('Enter');
  await page.locator('.ask .is-right').waitFor();
}
async function futures(page) {
  await page.locator('.cutmap progress').waitFor({ state: 'detached' });
  await page.locator('.cutbar').first().waitFor();
}
async function world(page) {
  await page.locator('.sb-new button').nth(1).press('Enter');
  await page.locator('.build').waitFor();
}
/** A script that ends with an exception, which is explained. */
async function script(page) {
  await page.locator('.sb-new button').filter({ hasText: 'QoS 2' }).press('Enter');
  await page.locator('.build').waitFor();
  await page.locator('.running').waitFor({ state: 'detached', timeout: 120_000 });
  await page.locator('#sandbox').focus();
  await keys(page, 'End');
  await page.locator('.sc-trouble').waitFor();
}
/** The same at its PUBLISH, beside the line that sent it. */
async function scriptInPlay(page) {
  await script(page);
  await page.evaluate(() => (location.hash = '#/play'));
  await page.locator('#ladder').waitFor();
  if (await page.locator('.tabs label').nth(3).isVisible()) await page.locator('.tabs label').nth(3).click();
  await page.locator('#state [role=tab]').last().click();
  await page.locator('.script').waitFor();
  await page.locator('#study-panel').focus();
  await keys(page, 'Home', ...times(7, 'ArrowRight'));
}
async function edit(page) {
  await page.locator('.levels input').nth(2).press(' ');
  await at(7)(page);
  await page.locator('#packet header .btn').first().press('Enter');
  await page.locator('.editbar').waitFor();
}
const press = (steps, ...names) => async (page) => {
  await at(steps)(page);
  await keys(page, ...names);
};

/** The sizes at which every screen is looked at: with the other way of holding a telephone. */
const usual = { ...sizes, landscape: { width: 844, height: 390 } };
/** And those at which a few are: small projectors, a small telephone, a window at 200 %, and large letters by the browser's settings. */
const all = {
  ...usual,
  'projector-hd': { width: 1280, height: 720 },
  'projector-wxga': { width: 1366, height: 768 },
  'projector-xga': { width: 1024, height: 768 },
  'phone-small': { width: 360, height: 640 },
  zoomed: { width: 720, height: 450 },
  'large-letters': { width: 1440, height: 900 },
};
const every = Object.keys(usual);

/** One view of a run at a time. */
const narrow = ['tablet', 'phone', 'landscape'];
/** What lies over a screen is no other on the wall. */
const unprojected = ['wide', 'tablet', 'phone', 'landscape'];

const robot = 'play/qos1-puback-lost';
/** Name, place, what is done there, the sizes at which it is looked at. */
const SCREENS = [
  ['lessons', 'lessons'],
  ['play', robot, at(14), [...every, 'projector-hd', 'phone-small', 'zoomed', 'large-letters']],
  ['play-start', robot],
  ['play-map', robot, tab(1), narrow],
  ['play-packet', robot, tab(2), narrow],
  ['play-state', robot, tab(3), narrow],
  ['play-explain', robot, tab(4), ['phone', 'landscape']],
  ['play-many', 'play/topics', at(30), [...every, 'projector-hd']],
  ['play-many-map', 'play/topics', tab(1, 30), narrow],
  ['play-many-state', 'play/topics', tab(3, 30), narrow],
  ['play-outage', 'play/outage', at(24)],
  ['play-5', 'play/v5-properties', at(12)],
  ['play-list', robot, async (page) => { await at(14)(page); await page.locator('#ladder .seg button').nth(1).press('Enter'); }, ['wide', 'tablet']],
  ['question', robot, question, [...every, 'projector-hd', 'projector-wxga', 'projector-xga']],
  ['question-explain', robot, async (page) => { await question(page); await page.locator('.tabs label').nth(4).click(); }, ['phone', 'landscape', 'phone-small', 'zoomed']],
  ['revealed', robot, revealed],
  ['why', robot, press(16, 'y')],
  ['menu', robot, menu, ['wide', 'projector']],
  ['menu-map', robot, async (page) => { await tab(1, 9)(page); await menu(page, 0); }, narrow],
  ['filter', robot, press(16, '/', ...'mqtt.to'), ['wide', 'tablet']],
  ['stops', robot, press(9, 'm', 's'), unprojected],
  ['palette', robot, press(3, 'Control+k'), unprojected],
  ['more', robot, async (page) => { await at(3)(page); await page.locator('#more').click(); }, ['phone', 'landscape']],
  ['lanes', 'play/topics', async (page) => { await at(30)(page); await page.locator('#lane-0').press('Enter'); await page.locator('#lanes-button').press('Enter'); }, ['wide', 'tablet', 'phone']],
  ['help', robot, press(3, '?'), unprojected],
  ['edit', robot, edit, ['wide', 'tablet']],
  ['futures', 'futures', futures],
  ['worlds', 'sandbox'],
  ['sandbox', 'sandbox', world],
  ['script', 'sandbox', script, unprojected],
  ['script-play', 'sandbox', scriptInPlay],
  ['broker', 'broker'],
  ['class', 'class'],
  ['esp32', 'esp32'],
];
const FINGER = 44;
const POINTER = 20;

/** Looks at one screen in one way; returns what is wrong with it. */
async function look([name, place, prepare, shown = every], ways, url) {
  const problems = [];
  for (const { tag, sizes: wanted, checksAccess, letters, ...options } of ways) {
    const those = shown.filter((size) => wanted.includes(size));
    if (!those.length) continue;
    const { page, close } = await open(on.browser, `${url}#/${place}`, { size: all[those[0]], ...options });
    if (letters) {
      const session = await page.context().newCDPSession(page);
      await session.send('Page.setFontSizes', { fontSizes: { standard: letters, fixed: letters } });
      await page.reload();
      await page.getByRole('main').waitFor();
    }
    // Views that take turns are chosen where they do.
    await prepare?.(page);
    for (const size of those) {
      await page.setViewportSize(all[size]);
      const isProjected = size.startsWith('projector');
      if (isProjected) await page.locator('.opt-proj[aria-pressed]').click();
      const file = `${name}-${size}-${tag}`;
      await screenshot(page, file);
      const isSmall = ['phone', 'landscape', 'phone-small', 'zoomed', 'large-letters'].includes(size);
      for (const what of await misfits(page, isSmall ? FINGER : POINTER)) problems.push(`${file}: ${what}`);
      if (checksAccess.includes(size)) {
        for (const { id, help, where } of await accessibilityProblems(page)) problems.push(`${file}: ${id}: ${help}: ${where.join(', ')}`);
      }
      if (isProjected) await page.locator('.opt-proj[aria-pressed]').click();
    }
    await close();
  }
  return problems;
}

const ways = [
  { tag: 'light', theme: 'light', sizes: Object.keys(all).filter((size) => size !== 'large-letters'), checksAccess: ['wide', 'phone'] },
  { tag: 'dark', theme: 'dark', sizes: every, checksAccess: ['wide', 'projector'] },
  { tag: 'de', theme: 'light', locale: 'de-AT', sizes: ['wide', 'tablet', 'phone', 'projector-wxga', 'phone-small'], checksAccess: [] },
  { tag: 'letters', theme: 'light', letters: 32, sizes: ['large-letters'], checksAccess: [] },
];

test('every screen fits, and can be used by everybody', async () => {
  const only = process.env.SCREENS?.split(',');
  const queue = SCREENS.filter(([name]) => !only || only.includes(name)).flatMap((screen) => ways.map((way) => [screen, way]));
  const problems = [];
  // Two at a time: that is how many cores the smallest machine has.
  const worker = async () => {
    for (let job = queue.shift(); job; job = queue.shift()) problems.push(...(await look(job[0], [job[1]], on.hub.http)));
  };
  await Promise.all([worker(), worker()]);
  assert.deepEqual(problems.sort(), []);
});
