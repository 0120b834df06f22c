// Boards with MicroPython scripts, in a real browser: the runs are those that the simulator makes with Node.js, line by line,
// forward and back; what goes wrong in a script is said, and the page and the rest of the world go on.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { accessibilityProblems, open, place, root, screenshot, steps, withHub } from './harness.mjs';

const on = withHub();
const sandbox = () => `${on.hub.http}#/sandbox`;
const folder = join(root, 'scenarios', 'scripts');
const scenario = (name) => readFile(join(folder, `${name}.mqtt`), 'utf8');

/** The steps of a run as `cargo xtask scenario check` has them, without their times. */
const written = async (name) => {
  const text = await readFile(join(folder, `${name}.ladder`), 'utf8');
  return text.split('\n').filter(Boolean).map((line) => line.replace(/^\S+ +/, ''));
};
/** The steps that the page shows, in the same form. */
const shown = async (page) => (await steps(page)).map((line) => line.trim().replace(/^\S+ +/, ''));

/** Runs a world that is given as text, and waits until all of it is made. */
async function run(page, text) {
  await page.getByRole('radiogroup', { name: 'What to edit' }).getByText('Text', { exact: true }).click();
  const field = page.getByLabel('The world as text');
  await field.fill(text);
  await field.press('Control+Enter');
  await page.locator('.running').waitFor({ state: 'detached', timeout: 120_000 });
}

async function bench(options) {
  const opened = await open(on.browser, sandbox(), options);
  await opened.page.getByRole('button', { name: 'Empty world', exact: true }).press('Enter');
  return opened;
}

/** The forms of the world's own board. */
async function board(page) {
  await page.getByRole('radiogroup', { name: 'What to edit' }).getByText('World', { exact: true }).click();
  await page.getByLabel('Settings of').selectOption({ label: 'esp-1 (lamp)' });
  return page.getByRole('log', { name: 'Console' });
}

test('the patterns of tutorials run as the simulator runs them, and back', async () => {
  const { page, close } = await bench();
  for (const name of ['retained', 'subscribe', 'address', 'will', 'robust', 'robust2']) {
    await run(page, await scenario(name));
    const expected = await written(name);
    assert.deepEqual(await shown(page), expected, name);
    const console = await (await board(page)).textContent();
    // Back, and there again: the same console and the same steps.
    await page.locator('#sandbox').focus();
    await page.keyboard.press('Home');
    assert.deepEqual(await shown(page), [], name);
    await page.keyboard.press('End');
    assert.deepEqual(await shown(page), expected, name);
    assert.equal(await (await board(page)).textContent(), console, name);
  }
  await close();
});

test('QoS 2 with umqtt.simple ends in an AssertionError, which is explained beside the line that did it', async () => {
  const { page, close } = await open(on.browser, sandbox());
  await page.getByRole('button', { name: 'MicroPython: QoS 2 with umqtt.simple' }).press('Enter');
  await page.locator('.running').waitFor({ state: 'detached', timeout: 120_000 });
  assert.deepEqual(await shown(page), await written('qos2'));
  const console = page.getByRole('log', { name: 'Console' });
  assert.match(await console.textContent(), /File "main.py", line 12.*umqtt\/simple\.py", line \d+, in publish.*AssertionError/s);
  await page.getByText('umqtt.simple has no QoS 2').waitFor();
  assert.deepEqual(await accessibilityProblems(page), []);
  await screenshot(page, 'script-sandbox');

  // The same in the main screen, at the packet: its line is lit.
  await page.getByRole('link', { name: /walk/i }).first().click();
  await page.getByRole('tab', { name: 'Script' }).click();
  // The tabs have the arrow keys for themselves.
  await page.locator('#study-panel').focus();
  await page.keyboard.press('Home');
  const publish = (await written('qos2')).findIndex((line) => line.includes('PUBLISH')) + 1;
  for (let step = 0; step < publish; step += 1) await page.keyboard.press('ArrowRight');
  await page.getByText(`Line 12 does what step ${publish} shows.`).waitFor();
  assert.deepEqual(await accessibilityProblems(page), []);
  await screenshot(page, 'script-play');
  await page.getByRole('button', { name: 'umqtt.simple', exact: true }).click();
  await page.getByText('This edition has neither unsubscribe()').waitFor();
  await page.getByRole('region', { name: 'Program of the board' }).getByText('elif qos == 2:').waitFor();
  await close();
});

test('what goes wrong in a script is said at the board, and the world goes on', async () => {
  const { page, close } = await bench();
  const cases = {
    'bad-loop': [/Runs, in line 1/, null],
    'bad-recursion-caught': [/caught: maximum recursion.*tick/s, null],
    'bad-calculation': [/stopped in an endless calculation/, null],
    'bad-tls': [/NotImplementedError/, 'This board speaks no TLS'],
    'bad-recursion': [/script ends with an exception/, 'A function calls itself too deeply'],
    'bad-list': [/script ends with an exception|out of memory/, 'Out of memory'],
    'bad-memory': [/out of memory/, 'Out of memory'],
    'bad-callback': [/ValueError: bad message/, null],
    'bad-syntax': [/SyntaxError/, 'The program is not Python'],
    'bad-name': [/OSError: -202/, 'No server in this network has that name'],
    'bad-unjoined': [/OSError: -202/, 'The board has not joined a Wi-Fi'],
  };
  for (const [name, [said, explained]] of Object.entries(cases)) {
    await run(page, await scenario(name));
    assert.deepEqual(await shown(page), await written(name), name);
    await board(page);
    assert.match(await page.locator('.script').textContent(), said, name);
    if (explained) assert.match(await page.locator('.script').textContent(), new RegExp(explained), name);
  }
  await close();
});

test('a program is written in the editor, run, and there again after a reload', async () => {
  const { page, close } = await open(on.browser, sandbox());
  await page.getByRole('button', { name: 'MicroPython: publish a retained value' }).press('Enter');
  const program = page.getByRole('textbox', { name: 'Program of the board' });
  await program.waitFor();
  const text = (await program.inputValue()).replace('range(3)', 'range(2)').replace('"room/temp"', '"hall/temp"');
  await program.fill(text);
  await page.getByText('Changed, and not run yet.').waitFor();
  await program.press('Control+Enter');
  await page.getByText('Changed, and not run yet.').waitFor({ state: 'detached' });
  await page.locator('.running').waitFor({ state: 'detached', timeout: 120_000 });
  const mine = await shown(page);
  assert.equal(mine.filter((line) => /PUBLISH .*hall\/temp/.test(line)).length, 3, mine.join('\n'));
  await page.reload();
  await page.locator('.running').waitFor({ state: 'detached', timeout: 120_000 });
  await page.waitForFunction((count) => document.querySelectorAll('#steps li').length === count, mine.length);
  assert.deepEqual(await shown(page), mine);
  await close();
});

test('a board has several files, and what was typed into one and not run outlives a reload', async () => {
  const { page, close } = await bench();
  await run(page, await scenario('modules'));
  assert.deepEqual(await shown(page), await written('modules'));
  const console = await board(page);
  await console.getByText('File "config.py", line 6, in fail').waitFor();
  const tabs = page.getByRole('tablist', { name: 'The board\'s own files' });
  const chosen = () => tabs.getByRole('tab', { selected: true });
  const program = page.getByRole('textbox', { name: 'Program of the board' });
  // It has ended in a file that main.py imports.
  assert.equal(await chosen().textContent(), 'config.py');
  await chosen().press('Home');
  await tabs.getByRole('tab', { name: 'main.py', selected: true }).waitFor();
  await page.keyboard.press('ArrowRight');
  await tabs.getByRole('tab', { name: 'boot.py', selected: true }).waitFor();
  assert.match(await program.inputValue(), /^import network, time\n/);
  assert.deepEqual(await accessibilityProblems(page), []);
  await screenshot(page, 'script-files');

  const made = () => page.locator('.running').waitFor({ state: 'detached', timeout: 120_000 });
  await page.getByRole('button', { name: 'New file' }).press('Enter');
  const name = page.getByLabel('Name of the file');
  await name.fill('late.py');
  await name.press('Enter');
  const late = tabs.getByRole('tab', { name: /^late\.py/, selected: true });
  await late.waitFor();
  await made();
  await program.fill('print("late", 6 * 7)\n');
  await page.getByText('Changed, and not run yet.').waitFor();
  await page.reload();
  await made();
  await board(page);
  await page.getByText('This was typed on an earlier visit').waitFor();
  await tabs.getByRole('tab', { name: /^late\.py.*not run yet/ }).click();
  assert.equal(await program.inputValue(), 'print("late", 6 * 7)\n');
  await chosen().press('Home');
  await program.fill('import late\n');
  await program.press('Control+Enter');
  await made();
  await console.getByText('late 42', { exact: true }).waitFor();

  await chosen().press('End');
  await page.getByRole('button', { name: 'Delete', exact: true }).click();
  await late.waitFor({ state: 'detached' });
  await made();
  await console.getByText("ImportError: no module named 'late'").waitFor();
  await page.getByRole('button', { name: /^Undo/ }).first().click();
  await made();
  await console.getByText('late 42', { exact: true }).waitFor();
  await close();
});

test('while a run goes on, what is typed stays in the file in which it is typed', async () => {
  const { page, close } = await bench();
  await run(page, await scenario('modules'));
  await board(page);
  const chosen = page.getByRole('tablist', { name: 'The board\'s own files' }).getByRole('tab', { selected: true });
  const program = page.getByRole('textbox', { name: 'Program of the board' });
  await page.locator('#sandbox').focus();
  await page.keyboard.press('Home');
  await page.waitForFunction(() => document.querySelector('[role=tab][aria-selected=true]')?.textContent.startsWith('main.py'));
  await page.keyboard.press('Space');
  await program.focus();
  await page.keyboard.press('Control+Home');
  // The run goes through config.py and the board's own umqttsimple.py meanwhile.
  await page.keyboard.type('# m');
  await page.waitForFunction(() => document.querySelector('[role=log]')?.textContent.includes('ValueError'), null, { timeout: 120_000 });
  await page.keyboard.type('ine\n');
  assert.match(await chosen.textContent(), /^main\.py/);
  assert.match(await program.inputValue(), /^# mine\nimport config\n/);
  assert.equal(await page.getByRole('tab', { name: /not run yet/ }).count(), 1);
  await close();
});

test('Python is typed at the prompt of a board, step by step and back', async () => {
  const { page, close } = await bench();
  await run(page, await scenario('prompt'));
  assert.deepEqual(await shown(page), await written('prompt'));
  const console = await board(page);
  const said = await console.textContent();
  for (const line of ['KeyboardInterrupt', ">>> client.publish('from/prompt', 'hello', qos=1)", '...     print(n)', "b'hello' b'you'", 'ZeroDivisionError', 'resets itself']) {
    assert.ok(said.includes(line), `${line} in ${said}`);
  }

  // By hand: a program that is over, and a publish that waits for its PUBACK.
  await run(page, await scenario('retained'));
  await board(page);
  await page.locator('#sandbox').focus();
  await page.keyboard.press('End');
  const before = await shown(page);
  const prompt = page.getByRole('textbox', { name: 'Type Python at the prompt' });
  const enter = async (text) => {
    await prompt.fill(text);
    await prompt.press('Enter');
    await page.locator('.running').waitFor({ state: 'detached', timeout: 120_000 });
  };
  await enter('client.connect()');
  await enter('client.publish("room/typed", str(6 * 7), qos=1)');
  await page.locator('#sandbox').focus();
  await page.keyboard.press('End');
  await page.getByRole('log', { name: 'Console' }).getByText('>>> client.publish("room/typed", str(6 * 7), qos=1)').waitFor();
  const all = await shown(page);
  assert.deepEqual(all.slice(0, before.length), before);
  assert.ok(all.some((line) => /esp-1 -> broker {2}PUBLISH \d+ QoS 1 room\/typed "42"/.test(line)), all.join('\n'));
  await page.keyboard.press('Home');
  await prompt.waitFor({ state: 'detached' });
  await page.keyboard.press('End');
  await prompt.waitFor();
  assert.deepEqual(await shown(page), all);
  assert.deepEqual(await accessibilityProblems(page), []);
  await screenshot(page, 'script-prompt');
  await close();
});

test('every step has the same console however one comes there', async () => {
  const { page, close } = await bench();
  await run(page, await scenario('robust'));
  const console = await board(page);
  await page.locator('#sandbox').focus();
  await page.keyboard.press('Home');
  const forward = [];
  const count = (await written('robust')).length;
  for (let step = 0; step < count; step += 1) {
    await page.keyboard.press('ArrowRight');
    forward.push([await place(page), await console.textContent(), await page.locator('.sc-status').textContent()]);
  }
  await page.keyboard.press('End');
  for (let step = count - 1; step > 0; step -= 1) {
    while ((await place(page)) !== forward[step][0]) await page.keyboard.press('ArrowLeft');
    assert.deepEqual([await place(page), await console.textContent(), await page.locator('.sc-status').textContent()], forward[step]);
  }
  assert.notEqual(forward[0][1], forward[count - 1][1]);
  await close();
});

test('a run with a script is shared, saved and opened, and has futures, also without a network', async () => {
  const { page, close } = await open(on.browser, sandbox(), { serviceWorkers: 'allow', permissions: ['clipboard-read', 'clipboard-write'] });
  await page.getByRole('button', { name: 'MicroPython: publish a retained value' }).press('Enter');
  const made = () => page.locator('.running').waitFor({ state: 'detached', timeout: 120_000 });
  await made();
  await page.locator('#sandbox').focus();
  await page.keyboard.press('End');
  await page.getByRole('textbox', { name: 'Type Python at the prompt' }).fill('print("typed", 6 * 7)');
  await page.getByRole('button', { name: 'Enter', exact: true }).click();
  await made();
  const said = 'typed 42';
  const heard = () => page.getByRole('log', { name: 'Console' }).getByText(said, { exact: true }).waitFor();
  await heard();
  const all = await shown(page);

  await page.locator('#sandbox').focus();
  await page.keyboard.press('Control+k');
  const saved = page.waitForEvent('download');
  await page.getByRole('combobox', { name: 'Commands' }).fill('save the work');
  await page.keyboard.press('Enter');
  const path = join(tmpdir(), `mqtt-playground-${process.pid}.mqttplay`);
  await (await saved).saveAs(path);

  await page.goto(`${on.hub.http}#/play`);
  await made();
  await page.getByRole('button', { name: 'Copy link' }).click();
  await page.getByRole('status').filter({ hasText: 'Link copied' }).waitFor();
  const link = await page.evaluate(() => navigator.clipboard.readText());

  // All of MicroPython is kept as soon as it was used once.
  await page.waitForFunction(async () => Boolean(await caches.match('script/micropython.wasm')), null, { timeout: 120_000 });
  await page.evaluate(async () => void (await navigator.serviceWorker.ready));
  await page.reload();
  await page.getByRole('main').waitFor();
  await page.context().setOffline(true);
  await page.evaluate(() => (location.hash = '#/lessons'));
  await page.evaluate((hash) => (location.hash = hash), link.slice(link.indexOf('#')));
  await page.getByRole('status').filter({ hasText: 'This world was shared with you.' }).waitFor();
  await made();
  await page.keyboard.press('End');
  assert.deepEqual(await shown(page), all);
  await page.getByRole('tab', { name: 'Script' }).click();
  await heard();

  const chooser = page.waitForEvent('filechooser');
  await page.getByRole('main').focus();
  await page.keyboard.press('Control+o');
  await (await chooser).setFiles(path);
  await page.getByText('This is the world that was saved.').waitFor();
  await made();
  await page.keyboard.press('End');
  assert.deepEqual(await shown(page), all);

  // What was typed is one future, and the run without it another.
  await page.evaluate(() => (location.hash = '#/futures'));
  await page.getByRole('combobox', { name: 'Future B' }).waitFor();
  assert.match(await page.getByRole('combobox', { name: 'Future B' }).textContent(), /typed/);
  await close();
});

test('without MicroPython the page says what to do, and goes on when it is there', async () => {
  const { page, close } = await open(on.browser, sandbox());
  const missing = (route) => route.fulfill({ status: 503 });
  await page.route('**/script/page.mjs', missing);
  await page.route('**/script/micropython.wasm', missing);
  await page.getByRole('button', { name: 'MicroPython: a will' }).press('Enter');
  const explained = page.getByRole('status').filter({ hasText: 'connect to the network and try again' });
  await explained.waitFor();
  // The browser remembers that the module could not be fetched; the page asks for it all the same.
  await page.unroute('**/script/page.mjs');
  const asked = page.waitForResponse(/micropython\.wasm/);
  await page.getByRole('button', { name: 'Try again' }).click();
  await asked;
  await page.unroute('**/script/micropython.wasm');
  await page.getByRole('button', { name: 'Try again' }).click();
  await page.locator('.running').waitFor({ state: 'detached', timeout: 120_000 });
  assert.deepEqual(await shown(page), await written('will'));
  // The browser tells of the answer that was meant to fail.
  page.errors = page.errors.filter((error) => !/503|micropython\.wasm|page\.mjs/.test(error));
  await close();
});
