// What others wrote: topics, payloads, client ids, titles, files. None of it runs, reorders, hides or breaks anything.

import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { open, screenshot, sizes, withHub } from './harness.mjs';

const on = withHub();

/** What somebody may write. */
const contents = {
  markup: '<img src=x onerror="hacked=1"><script>hacked=1</script>&lt;b&gt;',
  override: 'a\u202Egpj.exe\u202C\u2066b\u2069',
  hebrew: 'סלון/טמפרטורה מרכזית',
  invisible: 'zero\u200Bwidth\u200D\u00AD\uFEFF',
  astral: '🤖𝕄𝕢𝕥𝕥' + 'e' + '\u0301'.repeat(40),
  long: 'w'.repeat(400),
};

const quoted = (text) => `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;

/** A world with a text in all places that take it. */
const world = (text) => `scenario ${quoted(text)}
about ${quoted(text)}
version 5.0
seed 1
until 3 s

node broker broker
node device-1 phone
  client-id ${quoted(text)}
  subscribe ${quoted(`t/${text.replaceAll(/[+#]/g, '')}`)} qos 1

link device-1 to broker
  latency 40 ms

at 0 s: device-1 connect
at 1 s: device-1 publish ${quoted(`t/${text.replaceAll(/[+#]/g, '')}`)} ${quoted(text)} qos 1
`;

async function openFile(page, path) {
  const chooser = page.waitForEvent('filechooser');
  await page.getByRole('main').focus();
  await page.keyboard.press('Control+o');
  await (await chooser).setFiles(path);
}

async function watch(page) {
  await page.evaluate(() => {
    globalThis.longest = 0;
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) globalThis.longest = Math.max(globalThis.longest, entry.duration);
    }).observe({ type: 'longtask' });
  });
  return () => page.evaluate(() => globalThis.longest);
}

/** What is wrong with the page when it has come to rest. */
const wrongs = (page) =>
  page.evaluate(async () => {
    await new Promise((done) => setTimeout(done, 250));
    await new Promise((done) => requestAnimationFrame(done));
    const wrong = [];
    if ('hacked' in globalThis) wrong.push('it ran');
    if (document.querySelector('img[src=x]')) wrong.push('it is an element');
    const root = document.documentElement;
    if (root.scrollWidth > root.clientWidth) wrong.push(`the page is ${root.scrollWidth} wide`);
    // What stands in fields is what was typed.
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const text = walker.currentNode.data;
      if (walker.currentNode.parentElement.closest('textarea, script, style')) continue;
      if (/[\u200B-\u200F\u202A-\u202E\u2066\u2067\uFEFF\u0000-\u0008]/.test(text)) wrong.push(`hidden: ${JSON.stringify(text.slice(0, 80))}`);
    }
    for (const element of document.querySelectorAll('[title], [aria-label]')) {
      const said = `${element.title} ${element.getAttribute('aria-label') ?? ''}`;
      if (/[\u200B\u202A-\u202E\u2066\u2067]/.test(said)) wrong.push(`hidden in a label: ${JSON.stringify(said.slice(0, 80))}`);
    }
    // In a line, what stands first is at the left of what stands behind it.
    for (const line of document.querySelectorAll('#steps li')) {
      const node = document.createTreeWalker(line, NodeFilter.SHOW_TEXT).nextNode();
      const at = node?.data.search(/QoS \d/) ?? -1;
      if (at < 0) continue;
      const left = (from, to) => {
        const range = document.createRange();
        range.setStart(node, from);
        range.setEnd(node, to);
        return range.getBoundingClientRect().left;
      };
      const name = node.data.indexOf('->');
      if (name >= 0 && left(name, name + 2) >= left(at, at + 3) && line.clientHeight < 30) wrong.push(`turned round: ${node.data.slice(0, 80)}`);
    }
    // In a listing each piece of a line is at the right of the one before it.
    for (const line of document.querySelectorAll('.lines .ln code')) {
      let before = -Infinity;
      for (const piece of line.childNodes) {
        const range = document.createRange();
        range.selectNode(piece);
        const { left, width } = range.getBoundingClientRect();
        if (width && left < before) wrong.push(`turned round in the listing: ${line.textContent}`);
        if (width) before = left;
      }
    }
    return wrong;
  });

for (const [name, text] of Object.entries(contents)) {
  test(`a world of ${name} text`, async () => {
    for (const size of [sizes.wide, sizes.phone]) {
      const { page, close } = await open(on.browser, on.hub.play, { size });
      const path = join(tmpdir(), `mqtt-playground-${process.pid}-${name}.txt`);
      await writeFile(path, world(text));
      await openFile(page, path);
      await page.waitForFunction(() => location.hash.includes('/sandbox/my-'), null, { timeout: 10_000 }).catch(async () => {
        assert.fail(await page.getByRole('status').first().textContent());
      });
      assert.deepEqual(await wrongs(page), [], 'in the sandbox');
      await page.evaluate(() => (location.hash = location.hash.replace('/sandbox/', '/play/')));
      await page.locator('#ladder').waitFor();
      await page.getByRole('main').focus();
      await page.keyboard.press('End');
      assert.deepEqual(await wrongs(page), [], 'at the main screen');
      if (size === sizes.wide) {
        await screenshot(page, `hostile-${name}`);
        await page.getByRole('tab', { name: 'Topics', exact: true }).click();
        await page.getByRole('tree', { name: 'Topics of the broker' }).waitFor();
        assert.deepEqual(await wrongs(page), [], 'in the topics');
      }
      await page.evaluate(() => (location.hash = '#/futures'));
      await page.locator('#futures').waitFor();
      await page.locator('.running').waitFor({ state: 'detached', timeout: 60_000 });
      assert.deepEqual(await wrongs(page), [], 'at the futures');
      // A form that names the worlds that are there.
      await page.evaluate(() => (location.hash = '#/broker'));
      await page.getByRole('textbox', { name: 'Address' }).first().waitFor();
      assert.deepEqual(await wrongs(page), [], 'at the place for real brokers');
      // A board as one of the devices of that world, and what it would be told.
      await page.evaluate(() => (location.hash = '#/esp32'));
      await page.locator('#board').waitFor();
      assert.deepEqual(await wrongs(page), [], 'at the place for boards');
      await page.goto(`${on.hub.http}#/lessons`);
      await page.locator('#lobby').waitFor();
      assert.deepEqual(await wrongs(page), [], 'on the start page');
      await close();
    }
  });
}

test('what a script prints and publishes', async () => {
  const { page, close } = await open(on.browser, `${on.hub.http}#/sandbox`);
  await page.getByRole('button', { name: 'Empty world', exact: true }).press('Enter');
  await page.getByRole('radiogroup', { name: 'What to edit' }).getByText('Text', { exact: true }).click();
  // In some lines of the script they stand as they are, in the others they are written out.
  const raw = Object.values(contents).map((text) => `  | note = ["${text.replaceAll('"', "'")}", "סלון"]  # ${text}`);
  const escaped = (it) => (/[ !#-[\]-~]/.test(it) ? it : `\\U${it.codePointAt(0).toString(16).padStart(8, '0')}`);
  const said = Object.values(contents).map((text) => `  | say("${[...text].map(escaped).join('')}")`);
  const field = page.getByLabel('The world as text');
  await field.fill(`scenario "x"
version 3.1.1
seed 1
until 5 s

node broker broker

node esp-1 lamp
  script
  | import network
  | from umqtt.simple import MQTTClient
  | station = network.WLAN(network.STA_IF)
  | station.active(True)
  | station.connect("school", "secret")
  | while not station.isconnected():
  |     pass
  | client = MQTTClient("esp-1", "broker")
  | client.connect()
  | def say(text):
  |     print(text)
  |     client.publish("t", text.encode())
${raw.join('\n')}
${said.join('\n')}
  | client.disconnect()

link esp-1 to broker

at 1 s: esp-1 connect
`);
  await field.press('Control+Enter');
  await page.locator('.running').waitFor({ state: 'detached', timeout: 120_000 });
  assert.deepEqual(await wrongs(page), [], 'in the text');
  await page.getByRole('radiogroup', { name: 'What to edit' }).getByText('World', { exact: true }).click();
  await page.getByLabel('Settings of').selectOption({ label: 'esp-1 (lamp)' });
  await page.getByRole('log', { name: 'Console' }).getByText('onerror').waitFor();
  const listing = page.locator('.lines');
  await listing.getByText('# a⟨U+202E⟩gpj.exe').waitFor();
  await listing.getByText('# zero⟨U+200B⟩width').waitFor();
  assert.deepEqual(await wrongs(page), [], 'at the board');
  await page.getByRole('link', { name: /walk/i }).first().click();
  await page.getByRole('tab', { name: 'Script' }).click();
  assert.deepEqual(await wrongs(page), [], 'beside the ladder');
  await page.locator('.lines').getByText('# a⟨U+202E⟩').scrollIntoViewIfNeeded();
  await screenshot(page, 'hostile-script');
  await close();
});

test('what is too much is refused in a sentence, at once, and nothing is lost', async () => {
  const { page, close } = await open(on.browser, on.hub.play);
  await page.getByRole('main').focus();
  await page.keyboard.press('ArrowRight');
  const before = await page.locator('.clock strong').textContent();
  const nodes = Array.from({ length: 10_000 }, (_, number) => `node d${number} phone`).join('\n');
  const cases = {
    'a scenario of 10 MB': 'a'.repeat(10_000_000),
    '10,000 devices': `scenario "many"\nversion 5.0\nuntil 1 s\nnode broker broker\n${nodes}\n`,
    'deep nesting': `scenario ${'['.repeat(100_000)}`,
    'a payload that says it has 256 MB': Buffer.concat([Buffer.from([0x30, 0xff, 0xff, 0xff, 0x7f]), Buffer.alloc(1000)]),
  };
  const longest = await watch(page);
  for (const [what, file] of Object.entries(cases)) {
    const path = join(tmpdir(), `mqtt-playground-${process.pid}-much.txt`);
    await writeFile(path, file);
    await openFile(page, path);
    await page.getByRole('status').getByText(/was not opened/).waitFor();
    assert.equal(await page.locator('.clock strong').textContent(), before, what);
    await page.keyboard.press('Escape');
  }
  for (const link of ['#/w/1/AAAA', '#/w/2/%00%ff', `#/w/1/${'x'.repeat(60_000)}`, `#/play/${'<b>'.repeat(1000)}`, '#/w/99/x']) {
    await page.evaluate((link) => (location.hash = link), link);
    await page.getByRole('status').locator('p').waitFor();
    await page.getByRole('status').getByRole('button', { name: 'Close' }).click();
    assert.deepEqual(await wrongs(page), [], link.slice(0, 40));
  }
  const worst = await longest();
  // The goal is 100 ms, and on a machine that others use too no test can hold it: `cargo xtask bench page` does.
  console.log(`refusals: longest task ${worst} ms`);
  await close();
});
