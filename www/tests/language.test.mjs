// German: a lesson from its start to its goal by German names alone, a switch in the middle, and no English left on the screens.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accessibilityProblems, open, place, screenshot, sizes, standsAt, withHub } from './harness.mjs';

const on = withHub();
const lesson = () => `${on.hub.http}#/play/qos1-puback-lost`;
const german = { locale: 'de-AT' };

const language = (page) => page.evaluate(() => document.documentElement.lang);
const button = (page, name) => page.getByRole('button', { name });
const title = (page, name) => page.getByRole('heading', { level: 1, name }).waitFor();

test('a lesson goes from its start to its goal in German', async () => {
  const { page, close } = await open(on.browser, lesson(), german);
  await title(page, 'QoS 1: der Roboter und die verlorene Bestätigung');
  assert.equal(await language(page), 'de', 'the first visit speaks what the browser asks for');
  await standsAt(page, 'Anfang');
  await page.getByRole('main').focus();
  while ((await place(page)) !== 'Ende') {
    // A question waits: it is answered with its right answer, by what that says.
    const right = page.getByRole('radio', { name: /CONNECT: Erst muss|Er fährt noch einen Meter/ });
    if (await right.count()) {
      await right.press(' ');
      await button(page, 'Festlegen').press('Enter');
      await button(page, /^Auflösen bei Schritt/).press('Enter');
      await page.getByText('Das war richtig.').waitFor();
    }
    await button(page, 'Schritt vor').press('Enter');
  }
  await page.getByRole('heading', { name: 'Selbst probieren' }).waitFor();
  await page.getByText('nicht erreicht: robot-1 steht bei 3 m').waitFor();
  assert.deepEqual(await accessibilityProblems(page), []);

  // The task: cut once more while the second PUBACK is on its way, and let the link come back.
  await button(page, 'Zum Anfang').press('Enter');
  const again = page.locator('#map').getByRole('button', { name: /^PUBACK 1 unterwegs von robot-1 an broker/ });
  for (let seen = 0; seen < 2; ) {
    await button(page, 'Schritt vor').press('Enter');
    seen += await again.count();
  }
  await again.press('Enter');
  await page.getByRole('menuitem', { name: /^Leitung jetzt kappen/ }).press('Enter');
  await page.getByRole('status').getByText('Leitung robot-1 – broker für 2,00 s gekappt. Der Lauf davor bleibt erhalten.').waitFor();
  await button(page, 'Zum Ende').press('Enter');
  await page.getByText('Geschafft.').waitFor();
  assert.match(await page.locator('.ask').textContent(), /erreicht: robot-1 steht bei 3 mJetzt: Position 3 m/);
  await screenshot(page, 'german-goal');

  // And back, with everything as it is.
  await button(page, 'English').press('Enter');
  await title(page, 'QoS 1: the robot and the lost acknowledgement');
  assert.equal(await language(page), 'en');
  await standsAt(page, 'End');
  assert.match(await page.locator('.ask').textContent(), /reached: robot-1 stands at 3 mNow: position 3 m/);
  await button(page, /^Undo: link robot-1 – broker cut for 2\.00 s/).waitFor();
  await page.reload();
  await title(page, 'QoS 1: the robot and the lost acknowledgement');
  assert.equal(await language(page), 'en', 'the choice is kept');
  await close();
});

/** Everything on the screen that somebody reads or hears. */
const words = (page) =>
  page.evaluate(() => {
    const said = new Set();
    const root = document.getElementById('app') ?? document.body;
    const texts = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    // The bytes as characters are no words.
    while (texts.nextNode()) if (!texts.currentNode.parentElement.closest('.asc')) said.add(texts.currentNode.data.trim());
    for (const element of document.body.querySelectorAll('[aria-label],[title],[aria-valuetext],[placeholder]'))
      for (const name of ['aria-label', 'title', 'aria-valuetext', 'placeholder']) said.add(element.getAttribute(name)?.trim());
    return [...said].filter(Boolean);
  });

// What is the same in both languages: names of the standard, of this page and of devices, filters, keys, and words that German
// took over. Two letters in a row make a word.
const names = new RegExp(
  `^(${[
    'mqtt', 'playground', 'sandbox', 'text', 'hex', 'json', 'broker', 'phone', 'robot', 'move', 'forward', 'qos', 'dup', 'retained', 'online', 'offline', 'clean', 'session',
    'header', 'level', 'topics?', 'esp', 'filter', 'alias', 'bits?', 'bytes?', 'labor', 'name', 'client', 'id', 'ms', 'tab', 'esc', 'enter', 'alt', 'min',
    'connect', 'connack', 'publish', 'pub', 'puback', 'subscribe', 'sub', 'suback', 'pingreq', 'pingresp', 'disconnect',
    'fixed', 'variable', 'packet', 'identifier', 'type', 'flags?', 'remaining', 'length', 'protocol', 'payload', 'application', 'message',
    'user', 'pass', 'will', 'w', 'ret', 'sp', 'acknowledge', 'present', 'return', 'code', 'keep', 'alive', 'reserved', 'password', 'requested', 'contains',
    'retain', 'success', 'granted', 'subscription', 'no', 'local',
  ].join('|')})$`,
  'i',
);
const english = (text) => text.split(/[^\p{L}]+/u).filter((word) => word.length > 1 && !/^[a-f]+$/i.test(word) && !names.test(word));

test('no English is left on the screens', async () => {
  const { page, close } = await open(on.browser, `${on.hub.http}#/lessons`, german);
  const screensOf = async (home, chapter, play) => {
    const said = [];
    await page.goto(`${on.hub.http}#/lessons`);
    await page.getByText(home).waitFor();
    // Words that are data come in a file of their own.
    await page.getByText(chapter, { exact: true }).waitFor();
    said.push(...(await words(page)));
    await page.goto(lesson());
    await title(page, play);
    await page.keyboard.press('Home');
    for (let step = 0; step < 18; step++) {
      said.push(...(await words(page)));
      await page.keyboard.press('ArrowRight');
    }
    await page.keyboard.press('?');
    await page.getByRole('dialog').waitFor();
    said.push(...(await words(page)));
    await page.keyboard.press('Escape');
    await page.locator('#map').getByRole('button', { name: /^robot-1/ }).press('Enter');
    await page.getByRole('menu').waitFor();
    said.push(...(await words(page)));
    await page.keyboard.press('Escape');
    return new Set(said);
  };
  const de = await screensOf('Jedes Paket sehen.', 'Erster Kontakt', 'QoS 1: der Roboter und die verlorene Bestätigung');
  await page.setViewportSize(sizes.phone);
  await screenshot(page, 'german-phone');
  await page.setViewportSize(sizes.tablet);
  await screenshot(page, 'german-tablet');
  await page.setViewportSize(sizes.wide);
  await button(page, 'English').press('Enter');
  const en = await screensOf('See every packet.', 'First contact', 'QoS 1: the robot and the lost acknowledgement');
  const same = [...de].filter((text) => en.has(text) && english(text).length > 0);
  assert.deepEqual(same, []);
  await close();
});
