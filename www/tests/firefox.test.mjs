// The main path in a Firefox as Debian has it: open, step, undo, reload. Puppeteer, because it speaks WebDriver BiDi to a
// Firefox that nobody has patched.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import puppeteer from 'puppeteer-core';
import { startHub } from './harness.mjs';

const program = process.env.FIREFOX ?? '/usr/bin/firefox-esr';
let hub;
let browser;
before(async () => {
  hub = await startHub();
  browser = await puppeteer.launch({ browser: 'firefox', executablePath: program, headless: true });
});
after(async () => {
  await browser?.close();
  await hub?.stop();
});

test('Firefox: a lesson is stepped through, an act undone, and a reload keeps the place', async () => {
  const page = await browser.newPage();
  await page.setViewport({ width: 1440, height: 900 });
  const errors = [];
  page.on('pageerror', (error) => errors.push(error.message));
  page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
  const named = (role, name) => page.waitForSelector(`::-p-aria([name="${name}"][role="${role}"])`);
  const place = () => page.$eval('.clock strong', (it) => it.textContent);
  const steps = () => page.$$eval('#steps li', (all) => all.map((it) => it.textContent));
  const press = async (key, times = 1) => {
    for (let time = 0; time < times; time++) await page.keyboard.press(key);
  };

  await page.goto(`${hub.http}#/play/qos1`);
  await page.waitForSelector('#ladder');
  await page.focus('[role=main]');
  await press('ArrowRight', 4);
  await page.waitForFunction(() => document.querySelectorAll('#steps li').length === 4);
  assert.match(await place(), /^Step 4 of/);
  const seen = await steps();

  const phone = await page.waitForSelector('#map [role=button][aria-label^="phone-1"]');
  await phone.evaluate((it) => it.focus());
  await press('Enter');
  await page.waitForSelector('[role=menu]');
  const entries = await page.$$('[role=menuitem]');
  const names = await Promise.all(entries.map((it) => it.evaluate((item) => item.textContent)));
  const pull = entries[names.findIndex((name) => name.includes('Pull the battery'))];
  assert.ok(pull, `no entry pulls the battery: ${names}`);
  await pull.evaluate((it) => it.focus());
  await press('Enter');
  await page.waitForFunction((before) => document.querySelectorAll('#steps li').length > before, {}, seen.length);
  await page.keyboard.down('Control');
  await press('z');
  await page.keyboard.up('Control');
  await page.waitForFunction((before) => document.querySelectorAll('#steps li').length === before, {}, seen.length);
  assert.deepEqual(await steps(), seen);

  await (await named('button', 'Dark theme')).click();
  await page.reload();
  await page.waitForSelector('#ladder');
  assert.match(await place(), /^Step 4 of/);
  assert.deepEqual(await steps(), seen);
  assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), 'dark');
  assert.deepEqual(errors, []);
});
