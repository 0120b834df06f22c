// The page's client with brokers of others: the same walk against each, and the ladder beside the one of the simulated broker.
// PEERS names them; `cargo xtask peers` sets it to all, and brings what RabbitMQ and rumqttd need.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { open, screenshot, withHub } from './harness.mjs';
import { choose, connect, connected, publish, seen } from './live.mjs';
import { startMosquitto } from './mosquitto.mjs';
import { listen, startAedes, startRabbits, startRumqttd, tell } from './peers.mjs';

const at = withHub();

/** The one node of a cluster that is one. */
async function startRabbit() {
  const { nodes: [node], stop } = await startRabbits(1);
  return { ...node, stop };
}

/**
 * The brokers. `qos` is the most that one has; one that `raises` sends each message at the QoS of the subscription, also one that was
 * published at less (against MQTT-3.8.4-8 of 5.0, MQTT-3.8.4-6 of 3.1.1); `differs` is where its ladder then leaves the simulated one's. The handshake
 * that is cut is one of the most QoS, or of `cut`: rumqttd 0.20 closes the connection each time that PUBREL is sent again.
 */
const known = {
  Mosquitto: { start: startMosquitto, qos: 2 },
  aedes: { start: startAedes, qos: 2 },
  RabbitMQ: { start: startRabbit, qos: 1 },
  rumqttd: { start: startRumqttd, qos: 2, cut: 1, raises: true, differs: /The first difference: really broker -> page PUBLISH/ },
};

const strip = (page) => page.getByRole('region', { name: 'Real broker' });

/** What the page says of the run beside its simulated twin. */
async function beside(page) {
  await page.goto(`${at.hub.http}#/broker`);
  return page.getByText(/^Real and simulated: /).innerText();
}

async function subscribe(page, filter, qos) {
  await choose(page, /^page\b/, /^Subscribe/);
  await page.getByRole('textbox', { name: /Topic/ }).fill(filter);
  await page.locator('.menu').getByText(String(qos), { exact: true }).click();
  await page.getByRole('button', { name: 'Subscribe', exact: true }).click();
}

/** What the probe finds out, as text. */
async function probe({ mqtt: { host, port } }) {
  const { stdout } = await promisify(execFile)(process.env.MQTT_HUB, ['probe', `${host}:${port}`]);
  return stdout;
}

/** Connects and keeps its session. */
async function walk(page, broker) {
  await page.goto(`${at.hub.http}#/broker`);
  await page.getByText('Keep alive, session, will').click();
  await page.getByRole('checkbox', { name: /^Clean session/ }).uncheck();
  await page.getByRole('textbox', { name: 'Will: topic' }).fill('obituary');
  await page.getByRole('textbox', { name: 'Will: payload' }).fill('gone');
  await connect(page, broker.ws);
  await connected(page);
  await page.getByRole('button', { name: 'Watch on the ladder' }).click();
  await seen(page, /CONNACK/);
}

/** Cuts the link when the packet that comes next is held in that direction, and lets everything go again. */
async function cutAt(page, gate, packet) {
  await strip(page).getByText(`next ${packet}`).waitFor({ timeout: 60_000 });
  await page.getByRole('button', { name: 'Cut the link' }).click();
  return async () => {
    await page.getByRole('button', { name: 'Mend the link' }).click();
    await page.getByRole('checkbox', { name: gate }).uncheck();
  };
}

for (const name of (process.env.PEERS ?? 'Mosquitto,aedes').split(',').filter((name) => known[name])) {
  const { start, qos, cut = qos, raises, differs } = known[name];
  test(`${name}: messages both ways, retained, will, kept session, and a cut in the middle of a handshake`, { timeout: 600_000 }, async (t) => {
    const broker = await start();
    t.after(() => broker.stop());
    if (process.env.PROBE) console.log(`${name}\n${await probe(broker)}`);
    const { page, close } = await open(at.browser, `${at.hub.http}#/broker`);
    await walk(page, broker);
    const obituary = await listen(broker, 'obituary');
    const outside = await listen(broker, `out/${cut}`);

    await publish(page, 'kept', 'as it was', 1, true);
    await seen(page, /broker -> page  PUBACK/);
    await subscribe(page, 'kept', 1);
    await seen(page, /broker -> page  PUBLISH.*kept/);
    await subscribe(page, 'in/+', qos);
    await seen(page, /SUBACK/, 2);
    for (let at = 0; at <= qos; at += 1) await publish(page, `in/${at}`, `at ${at}`, at);
    await seen(page, /broker -> page  PUBLISH.*in\/\d/, qos + 1);
    await seen(page, { 1: /broker -> page  PUBACK/, 2: /broker -> page  PUBCOMP/ }[qos], { 1: 2, 2: 1 }[qos]);

    let goOn;
    if (cut === 2) {
      await page.getByRole('checkbox', { name: 'Hold what leaves' }).check();
      await publish(page, 'out/2', 'exactly once', 2);
      await strip(page).getByText('next PUBLISH').waitFor();
      await page.getByRole('button', { name: 'Let one pass' }).click();
      goOn = await cutAt(page, 'Hold what leaves', 'PUBREL');
    } else {
      await page.getByRole('checkbox', { name: 'Hold what comes' }).check();
      await publish(page, 'out/1', 'at least once', 1);
      goOn = await cutAt(page, 'Hold what comes', 'PUBACK');
    }
    assert.deepEqual(await obituary({ until: 'gone' }), [`obituary gone qos ${raises ? 2 : 1} retain 0`]);
    await goOn();
    // The session goes on: what was in the middle of its handshake ends, and the subscriptions are still there.
    await seen(page, /CONNACK session 1/);
    await seen(page, cut === 2 ? /broker -> page  PUBCOMP/ : /broker -> page  PUBACK/, cut === 2 ? 2 : 3);
    await publish(page, 'in/again', 'still here', 1);
    await seen(page, /broker -> page  PUBLISH.*in\/again/);
    const came = await outside();
    const message = { 1: 'at least once', 2: 'exactly once' }[cut];
    // At QoS 1 the message was there before its acknowledgement was lost.
    const copies = Array.from({ length: cut === 1 ? 2 : 1 }, () => `out/${cut} ${message} qos ${raises ? 2 : cut} retain 0`);
    assert.deepEqual(came, copies);
    const said = await beside(page);
    console.log(`${name}: ${said}`);
    assert.match(said, differs ?? /the same so far apart from times/);
    await screenshot(page, `peer-${name}`);
    await close();
  });
}

if (process.env.PEERS?.split(',').includes('cluster')) {
  test('two nodes of a RabbitMQ cluster are one broker: page and devices at either', { timeout: 600_000 }, async (t) => {
    const cluster = await startRabbits(2);
    t.after(() => cluster.stop());
    const [one, other] = cluster.nodes;
    const { page, close } = await open(at.browser, `${at.hub.http}#/broker`);
    await walk(page, one);
    await subscribe(page, 'in/+', 1);
    await seen(page, /SUBACK/);
    await tell(other, 'mosquitto_pub', '-q', '1', '-t', 'in/other', '-m', 'from the other node');
    await seen(page, /broker -> page  PUBLISH.*in\/other/);
    const outside = await listen(other, 'out/1');
    await publish(page, 'out/1', 'to the other node', 1);
    assert.deepEqual(await outside(), ['out/1 to the other node qos 1 retain 0']);
    await screenshot(page, 'peer-cluster');
    await close();
  });
}
