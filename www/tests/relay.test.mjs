// Real devices in the page's broker: Mosquitto's clients, paho-mqtt and MQTT.js through `mqtt-hub --broker page` into the
// broker in a tab of Chromium.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import mqtt from 'mqtt';
import { accessibilityProblems, open, screenshot, sizes, startHub, steps, withHub } from './harness.mjs';

const at = withHub('page');
const COUNT = 1000;
const numbers = Array.from({ length: COUNT }, (_, number) => String(number));
/** For what a page does on a machine that does many things. */
const patience = { timeout: 300_000 };

/** A page that is the hub's broker. */
async function broker() {
  const opened = await open(at.browser, `${at.hub.http}#/broker`);
  const { page } = opened;
  // It stands there once the page has asked where it comes from.
  const [hub, here] = [page.getByRole('textbox', { name: 'Hub' }), at.hub.http.slice(0, -1)];
  for (let tries = 0; tries < 600 && (await hub.inputValue()) !== here; tries += 1) await page.waitForTimeout(100);
  assert.equal(await hub.inputValue(), here);
  await page.getByRole('button', { name: 'Become the broker' }).click();
  await page.getByRole('heading', { name: 'This page is the hub’s broker.' }).waitFor();
  return opened;
}

/** A program of somebody else: its standard output once it has ended well. */
async function program(name, args, input) {
  const child = spawn(name, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  const ended = once(child, 'close');
  let [out, err] = ['', ''];
  child.stdout.on('data', (text) => (out += text));
  child.stderr.on('data', (text) => (err += text));
  child.stdin.end(input);
  const [code] = await ended;
  assert.equal(code, 0, `${name} ${args.join(' ')} ended with ${code}:\n${err}`);
  return out;
}

const tcp = () => ['-h', at.hub.mqtt.host, '-p', String(at.hub.mqtt.port)];
const lines = (text) => text.trim().split('\n');

const clients = {
  async 'Mosquitto’s clients'(version) {
    const common = [...tcp(), '-V', { 4: 'mqttv311', 5: 'mqttv5' }[version], '-q', '2'];
    // What is retained comes once the subscription is there: only then are the messages sent.
    const topic = `mosquitto-${version}`;
    await program('mosquitto_pub', [...common, '-t', `${topic}/ready`, '-m', 'ready', '-r']);
    const reader = spawn('mosquitto_sub', [...common, '-t', `${topic}/+`, '-C', String(COUNT + 1)], { stdio: ['ignore', 'pipe', 'inherit'] });
    const ended = once(reader, 'close');
    let out = '';
    reader.stdout.on('data', (text) => (out += text));
    await once(reader.stdout, 'data');
    await program('mosquitto_pub', [...common, '-t', `${topic}/x`, '-l'], `${numbers.join('\n')}\n`);
    const [code] = await ended;
    assert.equal(code, 0);
    return lines(out).slice(1);
  },
  async 'paho-mqtt'(version) {
    const script = fileURLToPath(new URL('../../crates/hub/tests/clients/thousand_with_paho.py', import.meta.url));
    assert.ok(process.env.PAHO_PYTHON, 'PAHO_PYTHON is a Python that has paho-mqtt: `cargo xtask test --only browser` sets it');
    return lines(await program(process.env.PAHO_PYTHON, [script, String(at.hub.mqtt.port), String(version), String(COUNT)]));
  },
  async 'MQTT.js'(protocolVersion) {
    const client = mqtt.connect(at.hub.ws, { clientId: `js-${protocolVersion}`, protocolVersion, reconnectPeriod: 0, connectTimeout: patience.timeout });
    const [{ properties }] = await once(client, 'connect');
    const received = [];
    const end = new Promise((resolve) => client.on('message', (_, payload) => (payload.toString() === 'end' ? resolve() : received.push(payload.toString()))));
    await client.subscribeAsync('js/t', { qos: 2 });
    // What the broker allows to be open at a time is the application's care, not the library's.
    const [waiting, atOnce] = [[...numbers, 'end'], properties?.receiveMaximum ?? COUNT];
    const publish = async () => {
      while (waiting.length > 0) await client.publishAsync('js/t', waiting.shift(), { qos: 2 });
    };
    await Promise.all(Array.from({ length: atOnce }, publish));
    await end;
    await client.endAsync();
    return received;
  },
};

for (const version of [4, 5]) {
  const name = { 4: '3.1.1', 5: '5.0' }[version];
  test(`clients of others bring 1,000 messages each at QoS 2 with ${name}, and each comes once`, patience, async () => {
    const { page, close } = await broker();
    for (const [who, bring] of Object.entries(clients)) {
      const began = Date.now();
      // In order, so none is lost and none comes twice.
      assert.deepEqual(await bring(version), numbers, who);
      console.log(`${who}, ${name}: ${Date.now() - began} ms`);
    }
    await screenshot(page, `relay-thousand-${version}`);
    await close();
  });
}

/** One packet passes: the next one that is to be held is this. */
async function next(page, packet) {
  await page.getByRole('group', { name: 'Pause' }).getByText(`next ${packet}`).waitFor();
  await page.getByRole('button', { name: 'One packet' }).click();
}

test('the page pauses and steps through the handshake of a real client, and cuts its link', patience, async () => {
  const { page, close } = await broker();
  await page.getByRole('button', { name: 'Watch on the ladder' }).click();
  const client = mqtt.connect(at.hub.ws, { clientId: 'robot', protocolVersion: 5, reconnectPeriod: 0 });
  await once(client, 'connect');
  await page.locator('.map').getByRole('button', { name: /^robot/ }).waitFor();
  await page.getByRole('button', { name: 'Pause', exact: true }).click();
  let isDone = false;
  const sent = client.publishAsync('lab/once', 'forward 1 m', { qos: 2 }).then(() => (isDone = true));
  await next(page, 'PUBLISH robot → broker');
  await next(page, 'PUBREC broker → robot');
  await page.getByRole('group', { name: 'Pause' }).getByText('next PUBREL robot → broker').waitFor();
  await screenshot(page, 'relay-paused');
  // What a pause does not stop is told to whoever asks, without a mouse too.
  const told = page.getByText('Time stands still in this page, not in the devices');
  assert.ok(!(await told.isVisible()));
  await page.getByText('What stands still').focus();
  await page.keyboard.press('Enter');
  await told.waitFor();
  for (const [name, size] of Object.entries({ wide: sizes.wide, phone: sizes.phone })) {
    await page.setViewportSize(size);
    await screenshot(page, `relay-paused-told-${name}`);
  }
  await page.setViewportSize(sizes.wide);
  assert.deepEqual(await accessibilityProblems(page), []);
  await next(page, 'PUBREL robot → broker');
  await page.getByRole('group', { name: 'Pause' }).getByText('next PUBCOMP broker → robot').waitFor();
  assert.ok(!isDone, 'PUBCOMP is still held');
  await page.getByRole('button', { name: 'Go on' }).click();
  await sent;
  const seen = await steps(page);
  assert.ok(seen.some((line) => /robot -> broker  PUBREL/.test(line)), seen.join('\n'));
  const closed = once(client, 'close');
  await page.getByRole('button', { name: 'Cut all links' }).click();
  await closed;
  await page.getByRole('link', { name: /Devices/ }).click();
  await page.getByRole('button', { name: 'Mend robot' }).click();
  await page.getByRole('button', { name: 'Cut robot' }).waitFor();
  for (const [name, size] of Object.entries({ wide: sizes.wide, phone: sizes.phone })) {
    await page.setViewportSize(size);
    await page.getByRole('heading', { name: 'This page is the hub’s broker.' }).scrollIntoViewIfNeeded();
    await screenshot(page, `relay-devices-${name}`);
  }
  assert.deepEqual(await accessibilityProblems(page), []);
  await close();
});

test('a second page takes over, others watch, and a tab that closes ends its connections and tells them', patience, async () => {
  const first = await broker();
  const connect = async () => {
    const client = mqtt.connect(at.hub.ws, { clientId: 'lamp', protocolVersion: 4, reconnectPeriod: 0 });
    client.on('error', (error) => assert.fail(error));
    await once(client, 'connect');
    return client;
  };
  const old = await connect();
  const second = await open(at.browser, `${at.hub.http}#/broker`);
  await second.page.getByRole('button', { name: 'Become the broker' }).click();
  await second.page.getByRole('heading', { name: 'Another page is the broker of this hub.' }).waitFor();
  const thrownOut = once(old, 'close');
  await second.page.getByRole('button', { name: 'Take over' }).click();
  await second.page.getByRole('heading', { name: 'This page is the hub’s broker.' }).waitFor();
  await thrownOut;
  await first.page.getByRole('heading', { name: /^Another page has taken over/ }).waitFor();
  await first.close();
  // Whoever watches sees the packets, and is told of the end.
  const watcher = await open(at.browser, `${at.hub.http}#/broker`);
  await watcher.page.getByRole('button', { name: 'Watch', exact: true }).click();
  await watcher.page.getByRole('heading', { name: 'This page watches: another one is the broker.' }).waitFor();
  const client = await connect();
  await client.publishAsync('lab/seen', 'by all', { qos: 2 });
  await watcher.page.getByRole('button', { name: 'Watch on the ladder' }).click();
  await watcher.page.locator('#steps li', { hasText: /broker -> lamp  PUBCOMP/ }).waitFor({ state: 'attached' });
  await screenshot(watcher.page, 'relay-watcher');
  await watcher.page.getByRole('link', { name: /Devices/ }).click();
  const gone = once(client, 'close');
  await second.close();
  await gone;
  await watcher.page.getByRole('heading', { name: /^The broker is gone, and all connections with it/ }).waitFor();
  await watcher.close();
});

test('a page watches the broker that is in the hub itself: what came before it, and what comes', patience, async () => {
  const hub = await startHub('native');
  const publish = (id, topic) => program('mosquitto_pub', ['-h', hub.mqtt.host, '-p', String(hub.mqtt.port), '-i', id, '-q', '2', '-t', topic, '-m', id]);
  await publish('early', 'lab/before');
  const { page, close } = await open(at.browser, `${hub.http}#/broker`);
  await page.getByRole('button', { name: 'Watch', exact: true }).click();
  await page.getByRole('heading', { name: 'This page watches: the hub itself is the broker.' }).waitFor();
  await page.getByRole('button', { name: 'Watch on the ladder' }).click();
  await publish('late', 'lab/after');
  const step = (pattern) => page.locator('#steps li', { hasText: pattern }).waitFor({ state: 'attached', timeout: 60_000 });
  for (const [id, topic] of [['early', 'before'], ['late', 'after']]) {
    await step(new RegExp(`${id} -> broker  PUBLISH.*lab/${topic}`));
    await step(new RegExp(`broker -> ${id}  PUBCOMP`));
  }
  await close();
  await hub.stop();
});
