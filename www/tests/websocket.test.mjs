// MQTT over WebSocket through the hub, with a client that we did not write (MQTT.js), in Node.js and in the browser.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import mqtt from 'mqtt';
import { launch, open, startHub } from './harness.mjs';

const MESSAGES = 1000;

let hub;
before(async () => {
  hub = await startHub();
});
after(() => hub?.stop());

const connect = (clientId, options = {}) =>
  mqtt.connectAsync(hub.ws, { clientId, protocolVersion: 4, reconnectPeriod: 0, ...options });

/** How often each number from 0 to `count` - 1 is in `numbers`, where that is not once. */
function notOnce(numbers, count) {
  const times = new Array(count).fill(0);
  for (const number of numbers) times[number] += 1;
  return times.flatMap((seen, number) => (seen === 1 ? [] : [`${number}: ${seen} times`]));
}

const cases = [4, 5].flatMap((protocolVersion) => [1, 2].map((qos) => ({ protocolVersion, qos })));
for (const { protocolVersion, qos } of cases) {
  const version = { 4: '3.1.1', 5: '5.0' }[protocolVersion];
  test(`${MESSAGES} messages at QoS ${qos} with ${version}: none lost, none twice, in order`, async () => {
    const subscriber = await connect('subscriber', { protocolVersion });
    const publisher = mqtt.connect(hub.ws, { clientId: 'publisher', protocolVersion, reconnectPeriod: 0 });
    const [{ properties }] = await once(publisher, 'connect');
    const topic = `count/${protocolVersion}/${qos}`;
    const granted = await subscriber.subscribeAsync(topic, { qos });
    assert.deepEqual(granted.map((grant) => grant.qos), [qos]);

    const received = [];
    const all = new Promise((resolve) => {
      subscriber.on('message', (_, payload, packet) => {
        assert.equal(packet.qos, qos);
        received.push(Number(payload.toString()));
        if (received.length >= MESSAGES) resolve();
      });
    });
    // As many at once as the hub allows: MQTT.js leaves that to the application. 3.1.1 has no such limit.
    const atOnce = properties?.receiveMaximum ?? MESSAGES;
    for (let first = 0; first < MESSAGES; first += atOnce) {
      const batch = Array.from({ length: Math.min(atOnce, MESSAGES - first) }, (_, index) => `${first + index}`);
      await Promise.all(batch.map((payload) => publisher.publishAsync(topic, payload, { qos })));
    }
    await all;
    // Whatever came twice would come before this.
    await subscriber.subscribeAsync('end', { qos: 0 });

    assert.deepEqual(notOnce(received, MESSAGES), []);
    assert.deepEqual(received, received.toSorted((a, b) => a - b), 'in order');
    await Promise.all([subscriber.endAsync(), publisher.endAsync()]);
  });
}

test('the count would notice a lost and a repeated message', () => {
  assert.deepEqual(notOnce([0, 2, 2], 3), ['1: 0 times', '2: 2 times']);
});

test('a WebSocket and a TCP client talk to each other', async () => {
  const overTcp = await mqtt.connectAsync({ ...hub.mqtt, protocol: 'mqtt', clientId: 'tcp', reconnectPeriod: 0 });
  const overWebSocket = await connect('ws');
  await overTcp.subscribeAsync('both', { qos: 2 });
  const message = new Promise((resolve) => overTcp.on('message', (topic, payload) => resolve(`${topic} ${payload}`)));
  await overWebSocket.publishAsync('both', 'ways', { qos: 2 });
  assert.equal(await message, 'both ways');
  await Promise.all([overTcp.endAsync(), overWebSocket.endAsync()]);
});

test('in Chromium: a garbage client is closed, the others go on', async () => {
  const browser = await launch();
  try {
    const { page, close } = await open(browser, hub.http);
    // As a file of the page's own host: its policy allows no scripts inside of the page.
    const path = fileURLToPath(import.meta.resolve('mqtt/dist/mqtt.min'));
    await page.route('**/mqtt.min.js', (route) => route.fulfill({ path, contentType: 'text/javascript' }));
    await page.addScriptTag({ url: 'mqtt.min.js' });
    const result = await page.evaluate(async (url) => {
      // Its other timers start a worker from a blob, which the hub's content security policy does not allow.
      const options = { clientId: 'in-the-browser', reconnectPeriod: 0, timerVariant: 'native' };
      const client = await globalThis.mqtt.connectAsync(url, options);
      await client.subscribeAsync('echo', { qos: 2 });
      const message = new Promise((resolve) => client.on('message', (_, payload) => resolve(payload.toString())));

      const closed = await new Promise((resolve) => {
        const socket = new WebSocket(url, 'mqtt');
        socket.onopen = () => socket.send(new Uint8Array([0xff, 0xff, 0xff, 0xff, 0xff, 0xff]));
        socket.onclose = () => resolve('closed');
      });
      await client.publishAsync('echo', 'still here', { qos: 2 });
      const received = await message;
      await client.endAsync();
      return { closed, received };
    }, hub.ws);
    assert.deepEqual(result, { closed: 'closed', received: 'still here' });
    await close();
  } finally {
    await browser.close();
  }
});
