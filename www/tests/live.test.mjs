// A real broker in the page: Mosquitto on loopback, over WebSocket.

import assert from 'node:assert/strict';
import { execFile as callback } from 'node:child_process';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { accessibilityProblems, open, screenshot, sizes, withHub } from './harness.mjs';
import { choose, connect, connected, publish, seen, spoken } from './live.mjs';
import { startMosquitto } from './mosquitto.mjs';
import { listen as listenAt, tell } from './peers.mjs';

const at = withHub();
const execFile = promisify(callback);
let mosquitto;

before(async () => {
  mosquitto = await startMosquitto();
});

after(() => mosquitto?.stop());

const client = (name, ...rest) => tell(mosquitto, name, ...rest);
const listen = (...topic) => listenAt(mosquitto, ...topic);

const strip = (page) => page.getByRole('region', { name: 'Real broker' });

test('a PUBREL that is held and cut is sent again after the reconnect, and the message comes once', async () => {
  const { page, close } = await open(at.browser, `${at.hub.http}#/broker`);
  await page.getByText('Keep alive, session, will').click();
  await page.getByRole('checkbox', { name: /^Clean session/ }).uncheck();
  await connect(page, mosquitto.ws);
  await connected(page);
  await screenshot(page, 'live-broker-light');
  assert.deepEqual(await accessibilityProblems(page), []);
  await page.getByRole('button', { name: 'Watch on the ladder' }).click();
  await seen(page, /CONNACK/);

  for (const qos of [0, 1]) await publish(page, 'lab/plain', `at ${qos}`, qos);
  await seen(page, /PUBACK/);

  const heard = await listen('lab/once');
  await page.getByRole('checkbox', { name: 'Hold what leaves' }).check();
  await publish(page, 'lab/once', 'forward 1 m', 2);
  await strip(page).getByText('next PUBLISH').waitFor();
  await page.getByRole('button', { name: 'Let one pass' }).click();
  await strip(page).getByText('next PUBREL').waitFor();
  await seen(page, /PUBREC/);
  await screenshot(page, 'live-pubrel-held');
  assert.deepEqual(await accessibilityProblems(page), []);
  await page.getByRole('button', { name: 'Cut the link' }).click();
  await page.getByRole('button', { name: 'Mend the link' }).click();
  await page.getByRole('checkbox', { name: 'Hold what leaves' }).uncheck();
  const lines = await seen(page, /PUBCOMP/);
  assert.equal(lines.filter((line) => /-> broker  PUBREL/.test(line)).length, 2, lines.join('\n'));
  assert.equal(lines.filter((line) => /lab\/once/.test(line)).length, 1, lines.join('\n'));
  assert.deepEqual(await heard(), ['lab/once forward 1 m qos 2 retain 0']);
  await close();
});

test('a screen reader is not told what counts seconds and packets', async () => {
  const { page, close } = await open(at.browser, `${at.hub.http}#/broker`);
  await connect(page, mosquitto.ws);
  const said = await spoken(page, () => connected(page));
  assert.ok(said.some((it) => it.includes('Connected')), `its state is: ${said}`);
  const state = page.getByRole('region', { name: 'Connected', exact: true });
  const before = await state.innerText();
  assert.deepEqual(await spoken(page, () => page.waitForTimeout(4000)), []);
  assert.notEqual(await state.innerText(), before, 'something counts');

  await page.getByRole('button', { name: 'Watch on the ladder' }).click();
  await page.getByRole('checkbox', { name: 'Hold what leaves' }).check();
  const hold = async () => {
    for (const count of [1, 2]) {
      await publish(page, 'lab/held', String(count), 0);
      await strip(page).getByText(`${count} waiting`).waitFor();
    }
  };
  assert.deepEqual((await spoken(page, hold)).filter((it) => it.includes('waiting')), []);
  await close();
});

test('a real broker sends to the page, keeps what is retained, and speaks the will after a cut', async () => {
  await client('mosquitto_pub', '-q', '1', '-r', '-t', 'lab/kept', '-m', 'as it was');
  const { page, close } = await open(at.browser, `${at.hub.http}#/broker`);
  await page.getByText('Keep alive, session, will').click();
  await page.getByRole('textbox', { name: 'Will: topic' }).fill('lab/will');
  await page.getByRole('textbox', { name: 'Will: payload' }).fill('gone');
  await page.getByText('5.0', { exact: true }).click();
  await connect(page, mosquitto.ws);
  await connected(page);
  await page.getByRole('button', { name: 'Watch on the ladder' }).click();
  await choose(page, /^page\b/, /^Subscribe/);
  await page.getByRole('textbox', { name: /Topic/ }).fill('lab/#');
  await page.locator('.menu').getByText('2', { exact: true }).click();
  await page.getByRole('button', { name: 'Subscribe', exact: true }).click();
  await seen(page, /broker.*PUBLISH.*lab\/kept.*as it was/);
  for (const qos of ['0', '1', '2']) await client('mosquitto_pub', '-q', qos, '-t', 'lab/in', '-m', `at ${qos}`);
  await seen(page, /PUBCOMP/);
  await seen(page, /broker.*PUBLISH.*lab\/in/, 3);

  const obituary = await listen('lab/will');
  await page.getByRole('button', { name: 'Cut the link' }).click();
  assert.deepEqual(await obituary({ until: 'gone' }), ['lab/will gone qos 1 retain 0']);
  await close();
});

test('the page finds out what a broker supports, as the hub does over TCP, and shows the packets', async () => {
  const { page, close } = await open(at.browser, `${at.hub.http}#/broker`);
  await page.getByRole('textbox', { name: 'Address' }).fill(mosquitto.ws);
  const report = page.getByRole('region', { name: 'What this broker really does' });
  await report.getByRole('button', { name: 'Ask the broker' }).click();
  const native = execFile(process.env.MQTT_HUB, ['probe', `${mosquitto.mqtt.host}:${mosquitto.mqtt.port}`]);
  await report.getByRole('button', { name: /^Save the report/ }).waitFor({ timeout: 120_000 });
  const rows = await report.locator('.report > li').all();
  const said = await Promise.all(rows.map(async (row) => (await row.locator('p').allInnerTexts()).join(': ').replace(/ · [^:]+:/, ':')));
  const there = (await native).stdout.trim().split('\n').map((line) => line.replace(/^\S+\s+/, ''));
  // Ids are chosen anew each time, and $SYS says what it has just then.
  const same = (lines) => lines.filter((line) => !/^(empty client id|\$SYS)/.test(line));
  assert.deepEqual(same(said), same(there));
  const row = report.locator('.report > li').filter({ hasText: 'QoS 2 under 5.0' });
  await row.getByText('Packets').click();
  assert.match(await row.innerText(), /page → broker: PUBREL.*\n.*62 02/);
  assert.deepEqual(await accessibilityProblems(page), []);
  for (const [name, size] of Object.entries({ wide: sizes.wide, phone: sizes.phone })) {
    await page.setViewportSize(size);
    await row.scrollIntoViewIfNeeded();
    await screenshot(page, `probe-${name}`);
  }
  await close();
});

test('a lesson runs against a real broker, each device over its own WebSocket, and stands beside the simulated run', { timeout: 300_000 }, async () => {
  const { page, close } = await open(at.browser, `${at.hub.http}#/broker`);
  const sockets = [];
  page.on('websocket', (socket) => sockets.push(socket.url()));
  const list = page.getByRole('combobox', { name: 'What runs against it' });
  const lesson = (await list.getByRole('option').allTextContents()).find((it) => /QoS 2: exactly once/.test(it));
  await list.selectOption(lesson);
  await connect(page, mosquitto.ws);
  await connected(page);
  await page.getByRole('button', { name: 'Watch on the ladder' }).click();
  await seen(page, /drives 1 m/);
  assert.equal(sockets.filter((it) => it === mosquitto.ws).length, 2, `phone and robot: ${sockets}`);
  await page.goto(`${at.hub.http}#/broker`);
  const patient = { timeout: 60_000 };
  await page.getByText(/^Real and simulated: \d+ packets, the same so far/).waitFor(patient);
  await page.getByRole('button', { name: 'Side by side' }).click();
  const both = page.getByRole('region', { name: 'Real and simulated' });
  await both.getByText(/^Real and simulated: \d+ packets, the same so far/).waitFor(patient);
  assert.equal(await both.locator('.differs').count(), 0);
  for (const name of [/^A/, /^B/]) await both.getByRole('region', { name }).getByRole('button', { name: /PUBREL/ }).first().waitFor(patient);
  await both.scrollIntoViewIfNeeded();
  await screenshot(page, 'live-beside');
  assert.deepEqual(await accessibilityProblems(page), []);
  // Somebody else speaks at the real broker: that is the first difference.
  await client('mosquitto_pub', '-q', '1', '-t', 'robot/move', '-m', 'from outside');
  await both.getByText(/first difference: really broker -> .*PUBLISH.*from outside.*The simulated broker sends nothing here/).waitFor(patient).catch(async (error) => {
    throw new Error(`${await both.innerText()}\n${error.message}`);
  });
  assert.equal(await both.locator('.differs').count(), 1);
  await screenshot(page, 'live-differs');
  await close();
});

test('a page that nobody sees keeps its time by a worker, and its goodbye is one: no will is spoken', async () => {
  const hide = () => Object.defineProperty(Document.prototype, 'hidden', { get: () => true });
  const { page, close } = await open(at.browser, `${at.hub.http}#/broker`, { before: [hide] });
  await page.getByText('Keep alive, session, will').click();
  await page.getByRole('textbox', { name: 'Will: topic' }).fill('lab/hidden');
  await page.getByRole('textbox', { name: 'Will: payload' }).fill('gone');
  await connect(page, mosquitto.ws);
  await connected(page);
  assert.deepEqual(page.workers().map((it) => new URL(it.url()).pathname), ['/clock.js']);
  const heard = await listen('lab/hidden');
  await page.getByRole('button', { name: 'End the session' }).click();
  await page.getByRole('heading', { level: 2, name: 'Not connected yet' }).waitFor();
  await client('mosquitto_pub', '-q', '1', '-t', 'lab/hidden', '-m', 'nobody is gone');
  assert.deepEqual(await heard(), ['lab/hidden nobody is gone qos 1 retain 0']);
  await close();
});
