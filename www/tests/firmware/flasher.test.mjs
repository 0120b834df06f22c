// The page writes a board: its own flasher in a real browser, with a mock of the chips' bootloader at the other end of a
// cable that is bridged to it. What the flash holds then, esptool says, which reads it over a cable of its own.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { accessibilityProblems, open, root, screenshot, sizes, withHub } from '../harness.mjs';
import { Bootloader, Cable, fakePorts } from './cable.mjs';

const on = withHub();

const firmware = join(root, 'dist', 'firmware');

/** Opens the screen with a cable to a mock of a chip's bootloader. */
async function desk(t, chip, options) {
  const board = await Bootloader.of(chip);
  const cable = await Cable.to(board);
  const unplug = () => {
    cable.close();
    board.end();
  };
  t.after(unplug);
  const opened = await open(on.browser, `${on.hub.http}#/esp32`, { ...options, before: [fakePorts, cable.url] });
  const { page } = opened;
  const button = (name) => page.getByRole('button', { name, exact: true });
  const press = (name) => button(name).click();
  const says = (text) => page.getByRole('alert').filter({ hasText: text }).waitFor({ timeout: 60_000 });
  const heading = (name) => page.getByRole('heading', { name, exact: true }).waitFor({ timeout: 120_000 });
  const esptool = async (...words) => {
    const program = join(process.env.FLASHER, 'esptool');
    const port = ['--port', `socket://127.0.0.1:${board.port}`];
    const { stdout } = await promisify(execFile)(program, ['--chip', chip, ...port, '--no-stub', ...words]);
    return stdout;
  };
  const end = async () => {
    await opened.close();
    unplug();
  };
  return { page, button, press, says, heading, esptool, cable, end };
}

test('a board is written, checked, stopped, written again and given its settings', { timeout: 300_000 }, async (t) => {
  const { page, button, press, says, heading, esptool, cable, end } = await desk(t, 'esp32c3');
  assert.deepEqual(await accessibilityProblems(page), []);
  await press('Choose the port');
  await heading('Write the program');
  assert.match(await page.getByRole('list').filter({ hasText: 'Firmware' }).textContent(), /ESP32-C3.*MQTT Playground \d/);

  // Stopped in the middle, and begun again.
  const bar = page.getByRole('progressbar', { name: 'Writing' });
  const seen = new Set();
  const watch = async (until) => {
    for (;;) {
      const value = Number(await bar.getAttribute('value', { timeout: 60_000 }).catch(() => 100));
      seen.add(value);
      if (value >= until) return;
    }
  };
  await page.evaluate(() => (window.slow = 60));
  await press('Write');
  await watch(20);
  await screenshot(page, 'esp32-writing');
  await press('Stop');
  await says('Stopped.');
  assert.ok(await button('Write').isEnabled());
  await page.evaluate(() => (window.slow = 20));
  await press('Write');
  await watch(90);
  await heading('Wi-Fi and broker');
  assert.ok(seen.size > 5, `progress is shown: ${[...seen]}`);
  const log = page.getByRole('log', { name: 'Serial console' });
  const again = (await log.textContent()).split('Stopped.').at(-1);
  assert.equal(again.match(/Hash of data verified/g).length, 3);
  const { builds } = JSON.parse(await readFile(join(firmware, 'manifest.json'), 'utf8'));
  const { parts, settings } = builds.find((build) => build.chip === 'ESP32-C3');
  const files = parts.flatMap(({ offset, file }) => [`0x${offset.toString(16)}`, join(firmware, file)]);

  // Settings go into their partition, and into nothing else.
  await page.getByLabel('Its broker is').selectOption('at an address, over Wi-Fi');
  await press('Write settings');
  await page.getByText('A network has a name').waitFor();
  assert.deepEqual(await accessibilityProblems(page), []);
  for (const [label, text] of [
    ['Network (2.4 GHz)', 'school'],
    ['Password of the network', 'opensesame'],
    ['Address of the broker', '192.168.1.2'],
    ['User name, if it wants one', 'me'],
    ['Password', 'hidden-1'],
  ]) {
    await page.getByLabel(label, { exact: label === 'Password' }).fill(text);
  }
  await screenshot(page, 'esp32-settings');
  await press('Write settings');
  await heading('The board runs');
  await press('Done: let the port go');
  await heading('Connect a board');
  // Its bootloader listens to one at a time.
  cable.close();
  const verified = await esptool('verify-flash', ...files);
  assert.equal(verified.match(/digest matched|verify ok/gi)?.length, 3, verified);
  const folder = await mkdtemp(join(tmpdir(), 'flash-'));
  const file = join(folder, 'settings.bin');
  await esptool('read-flash', String(settings.offset), String(settings.bytes), file);
  const blob = await readFile(file);
  await rm(folder, { recursive: true });
  assert.equal(blob.toString('latin1', 0, 8), 'MQTTNODE');
  const kept = JSON.parse(blob.toString('utf8', 20, 20 + blob.readUInt32LE(12)));
  assert.deepEqual(kept.wifi, { ssid: 'school', password: 'opensesame' });
  assert.deepEqual(kept.broker, { by: 'tcp', host: '192.168.1.2', port: 1883, user: 'me', password: 'hidden-1' });
  assert.match(kept.device, /node board-1 lamp/);
  const said = await page.evaluate(() => document.documentElement.outerHTML + location.href + JSON.stringify({ ...localStorage }));
  assert.doesNotMatch(said, /opensesame|hidden-1/);
  await end();
});

test('nothing is written to a chip that there is no firmware for', { timeout: 120_000 }, async (t) => {
  const { page, button, press, says, end } = await desk(t, 'esp32s3');
  await press('Choose the port');
  await says('This board has the chip ESP32-S3, and there is no firmware for it.');
  assert.equal(await button('Write').count(), 0);
  assert.ok(await button('Choose the port').isEnabled());
  await screenshot(page, 'esp32-wrong-chip');
  await end();
});

test('a browser that has no serial ports says what to do', { timeout: 120_000 }, async () => {
  const before = [() => delete Navigator.prototype.serial];
  const { page, close } = await open(on.browser, `${on.hub.http}#/esp32`, { before });
  await page.getByRole('alert').filter({ hasText: 'This browser has no serial ports.' }).waitFor({ timeout: 60_000 });
  assert.equal(await page.getByRole('button', { name: 'Choose the port' }).count(), 0);
  // A board in the network needs none.
  assert.ok(await page.getByRole('button', { name: 'Be its broker' }).isEnabled());
  await close();
});

test('what can go wrong with a cable is a sentence, and the way goes on', { timeout: 240_000 }, async (t) => {
  const { page, press, says, heading, cable, end } = await desk(t, 'esp32c6', { size: sizes.phone });
  const faults = [
    ['no permission', 'The browser did not allow the port.'],
    ['busy', 'The port could not be opened'],
  ];
  for (const [fault, text] of faults) {
    await page.evaluate((fault) => (window.fault = fault), fault);
    await press('Choose the port');
    await says(text);
  }
  await page.evaluate(() => (window.fault = undefined));
  // A chip for USB beside the board's own: its program will not be heard on this cable.
  await page.evaluate(() => (window.usb = { usbVendorId: 0x10c4, usbProductId: 0xea60 }));
  await press('Choose the port');
  await heading('Write the program');
  const isMute = page.getByText('This cable leads to a USB chip beside the ESP32.');
  await isMute.waitFor();
  assert.deepEqual(await accessibilityProblems(page), []);
  await screenshot(page, 'esp32-mute');
  await page.evaluate(() => (window.slow = 60));
  await press('Write');
  await page.getByRole('progressbar', { name: 'Writing' }).waitFor();
  await page.getByText(/writing, \d+ %/).first().waitFor();
  cable.pull();
  await page.evaluate(() => (window.slow = 0));
  await says('The connection to the board is gone');
  await page.evaluate(() => (window.usb = undefined));
  await press('Choose the port');
  await heading('Write the program');
  assert.equal(await isMute.count(), 0);
  await press('Write');
  await heading('Wi-Fi and broker');
  await end();
});
