// MQTT.js with the hub, over TCP and WebSocket, in both versions: retained messages, wills, and sessions that keep messages
// while their client is away. What arrives how often and in which order is in websocket.test.mjs.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, test } from 'node:test';
import mqtt from 'mqtt';
import { startHub } from './harness.mjs';

let hub;
before(async () => {
  hub = await startHub();
});
after(() => hub?.stop());

const cases = [4, 5].flatMap((protocolVersion) => ['mqtt', 'ws'].map((transport) => ({ protocolVersion, transport })));
for (const { protocolVersion, transport } of cases) {
  const name = `MQTT.js with ${{ 4: '3.1.1', 5: '5.0' }[protocolVersion]} over ${{ mqtt: 'TCP', ws: 'WebSocket' }[transport]}`;
  // Sessions of 3.1.1 never end by themselves: each case has names and topics of its own.
  const own = `${protocolVersion}-${transport}`;
  const connect = async (clientId, options = {}) => {
    const url = transport === 'ws' ? hub.ws : `mqtt://${hub.mqtt.host}:${hub.mqtt.port}`;
    const client = mqtt.connect(url, { clientId: `${clientId}-${own}`, protocolVersion, reconnectPeriod: 0, ...options });
    client.received = [];
    client.on('message', (topic, payload, { qos, retain }) => {
      client.received.push([topic, payload.toString(), qos, retain]);
      client.emit('taken');
    });
    const [connack] = await once(client, 'connect');
    client.sessionPresent = connack.sessionPresent;
    return client;
  };
  /** The next messages are these; whatever came twice or unasked would come before the answer at the end. */
  const expectMessages = async (client, messages) => {
    while (client.received.length < messages.length) await once(client, 'taken');
    await client.subscribeAsync('end', { qos: 0 });
    assert.deepEqual(client.received.splice(0), messages);
  };

  test(`${name}: retained messages`, { timeout: 20_000 }, async () => {
    const publisher = await connect('publisher');
    const topic = `kept/${own}`;
    for (const qos of [0, 1, 2]) {
      await publisher.publishAsync(topic, `at ${qos}`, { qos, retain: true });
      if (qos === 0) await publisher.subscribeAsync('end', { qos: 0 });
      const late = await connect(`late${qos}`);
      await late.subscribeAsync(topic, { qos: 2 });
      await expectMessages(late, [[topic, `at ${qos}`, qos, true]]);
      await late.endAsync();
    }
    await publisher.publishAsync(topic, '', { qos: 1, retain: true });
    const later = await connect('later');
    await later.subscribeAsync(topic, { qos: 2 });
    await expectMessages(later, []);
    await Promise.all([publisher.endAsync(), later.endAsync()]);
  });

  test(`${name}: wills`, { timeout: 20_000 }, async () => {
    const reader = await connect('reader');
    const topic = `will/${own}`;
    await reader.subscribeAsync(topic, { qos: 2 });
    for (const qos of [0, 1, 2]) {
      const victim = await connect('victim', { will: { topic, payload: `gone ${qos}`, qos } });
      victim.stream.destroy();
      await expectMessages(reader, [[topic, `gone ${qos}`, qos, false]]);
      victim.end(true);
    }
    const polite = await connect('polite', { will: { topic, payload: 'not to be seen', qos: 1 } });
    await polite.endAsync();
    await expectMessages(reader, []);
    await reader.endAsync();
  });

  test(`${name}: a session while its client is away`, { timeout: 20_000 }, async () => {
    const keeps = { clean: false, properties: protocolVersion === 5 ? { sessionExpiryInterval: 3600 } : undefined };
    const topic = `away/${own}`;
    const away = await connect('away', keeps);
    assert.equal(away.sessionPresent, false);
    await away.subscribeAsync(topic, { qos: 2 });
    await away.endAsync();
    const publisher = await connect('publisher');
    for (const qos of [0, 1, 2]) await publisher.publishAsync(topic, `at ${qos}`, { qos });
    const back = await connect('away', keeps);
    assert.equal(back.sessionPresent, true);
    // What is at QoS 0 is not kept.
    await expectMessages(back, [1, 2].map((qos) => [topic, `at ${qos}`, qos, false]));
    await Promise.all([publisher.endAsync(), back.endAsync()]);
  });
}
