// A board at the broker of a page, in a real browser: over a cable, whose other end is the serial line of the machine in QEMU,
// and over the board's own WebSocket.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accessibilityProblems, open, screenshot, withHub } from '../harness.mjs';
import { choose, publish, seen } from '../live.mjs';
import { Board } from './board.mjs';
import { Bootloader, Cable, fakePorts } from './cable.mjs';

const on = withHub();

/** What the machines of the tests are given: so slow are they at worst. */
const PATIENCE = 60_000;

const device = (name) => `scenario "A lamp"
node broker broker
node ${name} lamp
  session kept
  keep-alive 30 s
  reconnect back-off 0.1 s to 0.5 s jitter 50 %
  queue 50 drop-oldest
  will "${name}/status" "offline" qos 1 retain
  subscribe "${name}/set" qos 2
  on connect: publish "${name}/status" "online" qos 1 retain
  on change: publish "${name}/state" "{reading}" qos 1 retain
link ${name} to broker
`;

const strip = (page) => page.getByRole('region', { name: 'Real board' });
const says = (page, text) => strip(page).getByText(text).waitFor({ timeout: PATIENCE });

test('a board on a cable joins the page, beside its twin, is cut and goes on', { timeout: 300_000 }, async (t) => {
  const board = await Board.withSettings({ broker: { by: 'serial' }, device: device('usb-1') });
  await board.start();
  const bootloader = await Bootloader.of('esp32c3');
  const cable = await Cable.to(bootloader);
  t.after(async () => {
    cable.close();
    bootloader.end();
    await board.remove();
  });
  const { page, close } = await open(on.browser, `${on.hub.http}#/esp32`, { before: [fakePorts, cable.url] });
  const press = (name) => page.getByRole('button', { name, exact: true }).click({ timeout: PATIENCE });
  const plugIn = async () => {
    // A chip that is reset into its bootloader answers as one, and runs its program when it is reset out of it.
    cable.board = bootloader;
    await press('Choose the port');
    await press('It has its program');
    cable.board = board;
    await press('Keep those on the board');
  };
  await plugIn();
  const joined = page.getByRole('group', { name: "At this page's broker" });
  await joined.getByText(/^Connected/).waitFor({ timeout: PATIENCE });
  await screenshot(page, 'esp32-joined');
  assert.deepEqual(await accessibilityProblems(page), []);
  await press('See it on the map');
  await seen(page, /usb-1 .*CONNECT|CONNECT.*usb-1\b(?!-)/);
  await says(page, /^Like its twin so far/);

  // One message for both, and what each of them says then.
  await publish(page, 'usb-1/set', 'on', 2);
  await board.says('effect: lamp on');
  await says(page, 'its lamp is on');
  assert.equal((await board.status()).reading, 'on');
  // Somebody stands at the board: its twin does not know.
  board.type('switch off');
  await says(page, 'its lamp is off');
  await says(page, /^First difference/);
  await screenshot(page, 'esp32-difference');
  assert.deepEqual(await accessibilityProblems(page), []);
  await choose(page, /^usb-1-twin/, 'Turn its lamp off');
  await says(page, /^Like its twin so far/);

  // The cable comes loose: the broker says the will. What is sent meanwhile waits in the session.
  cable.pull();
  await says(page, 'not connected');
  await seen(page, /PUBLISH.*usb-1\/status|usb-1\/status.*PUBLISH/);
  await publish(page, 'usb-1/set', 'on', 1);
  await page.goto(`${on.hub.http}#/esp32`);
  await page.getByText('The connection to the board is gone').first().waitFor({ timeout: PATIENCE });
  await plugIn();
  await joined.getByText(/^Connected.*connection 2/).waitFor({ timeout: PATIENCE });
  await press('See it on the map');
  await says(page, 'its lamp is on');
  await seen(page, /CONNACK.*session/i, 2);
  const status = await board.is((it) => it.acknowledged === it.made);
  assert.deepEqual([status.connected, status.reading, status.given_up], [true, 'on', 0]);
  await close();
});

test('a page is the broker of a board over its WebSocket, also after the power was away', { timeout: 300_000 }, async (t) => {
  const board = await Board.withSettings({ broker: { by: 'page' }, device: device('ws-1') });
  t.after(() => board.remove());
  await board.start();
  const { page, close } = await open(on.browser, `${on.hub.http}#/esp32`);
  const press = (name) => page.getByRole('button', { name, exact: true }).click({ timeout: PATIENCE });
  const address = page.getByRole('textbox', { name: 'Address of the board' });
  await address.fill('no address');
  await press('Be its broker');
  await page.getByText('An address is a name').waitFor();
  await address.fill(new URL(board.http).host);
  await press('Be its broker');
  await press('See it on the map');
  await says(page, /^Like its twin so far/);
  for (const [qos, word] of [[0, 'on'], [1, 'off'], [2, 'on']]) {
    await publish(page, 'ws-1/set', word, qos);
    await board.is((it) => it.reading === word);
    await says(page, `its lamp is ${word}`);
  }
  await board.is((it) => it.acknowledged === it.made);
  // The power goes; the page says the will, keeps the session and tries again.
  await board.pull();
  await says(page, 'not connected');
  await publish(page, 'ws-1/set', 'on', 1);
  await board.start();
  await board.is((it) => it.connected && it.reading === 'on');
  await says(page, 'connected');
  // Whoever comes late is told what is retained: the page, when it comes again.
  await choose(page, /^page\b/, /^Disconnect/);
  await choose(page, /^page\b/, /^Connect/);
  await seen(page, /ws-1\/state/);
  // What a browser says of sockets that do not open is no error of the page.
  page.errors = page.errors.filter((error) => !error.includes('WebSocket connection'));
  await close();
});
