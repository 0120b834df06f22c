// The page steps through every scenario exactly as the simulator does natively.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { test } from 'node:test';
import { basename, join } from 'node:path';
import { open, root, screenshot, steps, withHub } from './harness.mjs';

/** In a longer run only so many presses at either end are tried: each press reads all the steps on the page. */
const PRESSES_MAX = 100;

/** The scenarios that are gone through forward, back and forward again, press by press: between them they have every kind of
 * step. All others go to the end at once, and over its last steps back and forward. */
const THRICE = ['qos1-puback-lost', 'qos2-pubrec-lost', 'broker-crash', 'half-open', 'umqtt-robust'];
/** So many of the last steps. */
const LAST_STEPS = 8;

/** Where the robot has to stand in the end, whatever the scenario's file says. */
const robots = { qos2: '1 m', 'qos2-pubrec-lost': '1 m', 'qos1-puback-lost': '2 m' };

const folder = join(root, 'scenarios');
const scenarios = readdirSync(folder)
  .filter((name) => name.endsWith('.mqtt'))
  .map((name) => {
    const file = join(folder, name);
    const text = readFileSync(file, 'utf8');
    const title = /^scenario "(.*)"$/m.exec(text)?.[1];
    const robot = /^expect robot-1 position (.*)$/m.exec(text)?.[1];
    return { file, title, robot, name: basename(name, '.mqtt') };
  });

/** The steps as the native simulator prints them; what follows them are the scenario's expectations. */
function nativeLadder(file) {
  const program = process.env.XTASK;
  assert.ok(program, 'XTASK has to name the program xtask: `cargo xtask test --only browser` sets it');
  const printed = execFileSync(program, ['scenario', 'run', file, '--ladder'], { encoding: 'utf8' });
  return printed.split('\n').filter((line) => /^\d+\.\d/.test(line));
}

/** Presses a button until it has nothing more to do, or `count` times; returns the steps on the page after every press. */
async function press(page, name, count) {
  const button = page.getByRole('button', { name, exact: true });
  const seen = [await steps(page)];
  while (seen.length <= count && (await button.getAttribute('aria-disabled')) !== 'true') {
    await button.click();
    // A question that waits holds the first step past it.
    if (await page.getByText('Answer first, or step forward again').count()) await button.click();
    seen.push(await steps(page));
  }
  return seen;
}

/** What `press` has to see, going forward from `from` shown steps. */
function isForward(seen, native) {
  let before = 0;
  for (const [index, shown] of seen.entries()) {
    const count = isUpTo(shown, native, `after ${index} presses the page shows no other steps`);
    assert.ok(count >= before, 'a step forward never takes one away');
    before = count;
  }
}

/** Of a long run the page lists the last steps only: so many at least. */
const LISTED_MIN = 250;

/** The page has to show the native steps up to one of them; returns how many have happened. */
function isUpTo(shown, native, what) {
  const last = shown.at(-1);
  let count = shown.length;
  if (shown.length >= LISTED_MIN) {
    const isIt = (line, index) => index + 1 >= shown.length && line === last && shown.every((it, at) => it === native[index + 1 - shown.length + at]);
    count = native.findIndex(isIt) + 1 || count;
  }
  assert.deepEqual(shown, native.slice(count - shown.length, count), what);
  return count;
}

const on = withHub();

test('every scenario of the folder is on the page', async () => {
  const { page, close } = await open(on.browser, on.hub.play);
  const offered = await page.getByLabel('Scenario', { exact: true }).locator('option').allTextContents();
  assert.deepEqual(offered.toSorted(), scenarios.map(({ title }) => title).toSorted());
  assert.ok(scenarios.length >= 4);
  await close();
});

for (const { file, title, robot, name } of scenarios.filter(({ name }) => !THRICE.includes(name))) {
  test(`${name}: the end, some steps back and forward are the native steps`, async () => {
    const native = nativeLadder(file);
    assert.ok(native.length > 3, 'the native run has steps');
    const { page, close } = await open(on.browser, on.hub.play);
    await page.getByLabel('Scenario', { exact: true }).selectOption({ label: title });
    await page.getByRole('button', { name: 'Go to the end', exact: true }).click();
    await screenshot(page, `steps-${name}`);
    assert.equal(isUpTo(await steps(page), native, 'the steps at the end'), native.length, 'all of them');
    if (robot) assert.equal(await page.locator('#map .here').textContent(), robot, 'where the robot stands');
    const back = await press(page, 'Step back', LAST_STEPS);
    isForward(back.toReversed(), native);
    assert.deepEqual(await press(page, 'Step forward', back.length - 1), back.toReversed(), 'forward again is the same');
    await close();
  });
}

test('the scenarios that are gone through thrice are there', () => {
  for (const name of THRICE) assert.ok(scenarios.some((scenario) => scenario.name === name), name);
});

for (const { file, title, robot, name } of scenarios.filter(({ name }) => THRICE.includes(name))) {
  test(`${name}: forward, back and forward again are the native steps`, async () => {
    const native = nativeLadder(file);
    assert.ok(native.length > 3, 'the native run has steps');
    const { page, close } = await open(on.browser, on.hub.play);
    await page.getByLabel('Scenario', { exact: true }).selectOption({ label: title });

    const forward = await press(page, 'Step forward', PRESSES_MAX);
    isForward(forward, native);
    const isWhole = forward.length <= PRESSES_MAX;
    if (!isWhole) await page.getByRole('button', { name: 'Go to the end', exact: true }).click();
    await screenshot(page, `steps-${name}`);
    assert.equal(isUpTo(await steps(page), native, 'the steps at the end'), native.length, 'all of them');
    if (robot) assert.equal(await page.locator('#map .here').textContent(), robot, 'where the robot stands');

    const back = await press(page, 'Step back', PRESSES_MAX);
    isForward(back.toReversed(), native);
    if (isWhole) assert.deepEqual(back.toReversed(), forward, 'back goes through the same places');
    else await page.getByRole('button', { name: 'Restart', exact: true }).click();
    assert.deepEqual(await steps(page), [], 'nothing has happened at the start');
    assert.deepEqual(await press(page, 'Step forward', PRESSES_MAX), forward, 'forward again is the same');
    await close();
  });
}

test('the robot moves once with QoS 2 and twice when a PUBACK is lost', () => {
  for (const [name, place] of Object.entries(robots)) {
    assert.equal(scenarios.find((scenario) => scenario.name === name)?.robot, place, name);
  }
});
