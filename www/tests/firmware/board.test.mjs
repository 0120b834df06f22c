// The firmware with brokers over TCP: the hub, the hub whose broker is in a page, Mosquitto. And with the hub over the board's
// own WebSocket and over its serial line: what carries the bytes differs; the device and its client are the same.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, test } from 'node:test';
import { connect as dial, createServer } from 'node:net';
import mqtt from 'mqtt';
import WebSocket from 'ws';
import { startHub } from '../harness.mjs';
import { Board, hostAddress } from './board.mjs';
import { brokers } from './brokers.mjs';

let hub;
before(async () => {
  hub = await startHub();
});
after(() => hub?.stop());

const device = (name, version, more = '') => `scenario "A lamp"
version ${version}
node broker broker
node ${name} lamp
  session kept
  keep-alive 5 s
  reconnect back-off 0.1 s to 0.5 s jitter 50 %
  queue 200 drop-oldest
  will "${name}/status" "offline" qos 1 retain
  subscribe "${name}/set" qos 2
  on connect: publish "${name}/status" "online" qos 1 retain
  on change: publish "${name}/state" "{reading}" qos 1 retain
${more}link ${name} to broker
`;

/** A client at a broker, the hub unless said otherwise, that keeps what it gets. */
async function reader(topics, { mqtt: { host, port } } = hub) {
  const client = mqtt.connect(`mqtt://${host}:${port}`, { reconnectPeriod: 0 });
  client.got = [];
  client.on('message', (topic, payload, { retain }) => {
    client.got.push(`${topic} ${payload}${retain ? ' (retained)' : ''}`);
    client.emit('taken');
  });
  await once(client, 'connect');
  for (const topic of topics) await client.subscribeAsync(topic, { qos: 2 });
  client.gets = async (line) => {
    while (!client.got.includes(line)) await once(client, 'taken');
  };
  return client;
}

const byTcp = (port) => ({ by: 'tcp', host: hostAddress, port });

/** A conversation with a broker: all QoS, the will, going on with a session, retained state. */
async function converse(start, version) {
  const broker = await start();
  const name = `lamp-${version}`;
  const board = await Board.withSettings({ broker: byTcp(broker.mqtt.port), device: device(name, version) });
  const client = await reader([`${name}/#`], broker);
  try {
    await board.start();
    await client.gets(`${name}/status online`);
    for (const [qos, word] of [[0, 'on'], [1, 'off'], [2, 'on']]) {
      await client.publishAsync(`${name}/set`, word, { qos });
      await client.gets(`${name}/state ${word}`);
      client.got = [];
    }
    await board.says('effect: lamp on');
    const status = await board.is((it) => it.acknowledged === it.made);
    assert.deepEqual([status.version, status.client_id, status.reading], [version, name, 'on']);
    // What somebody does at the board.
    board.type('switch off');
    await client.gets(`${name}/state off`);
    // Its power goes: the hub says its will. It comes back to its session, with what was sent meanwhile.
    await board.pull();
    await client.gets(`${name}/status offline`);
    await client.publishAsync(`${name}/set`, 'on', { qos: 1 });
    client.got = [];
    await board.start();
    await client.gets(`${name}/status online`);
    // It has forgotten its own state. A client of 5.0 without state may not go on with a session (MQTT-3.2.2-4), so it
    // starts clean; one of 3.1.1 can.
    if (version === '5.0') await client.publishAsync(`${name}/set`, 'on', { qos: 1 });
    await client.gets(`${name}/state on`);
    // Retained state meets whoever comes late.
    const late = await reader([`${name}/state`], broker);
    await late.gets(`${name}/state on (retained)`);
    await late.endAsync();
  } finally {
    await client.endAsync();
    await board.remove();
    await broker.stop();
  }
}

const MESSAGES = 10_000;
const CUTS = 20;
/** Mosquitto takes so many at QoS 2 from a client of 3.1.1, as it is installed; more it throws away, and acknowledges. The board knows. */
const OPEN = 20;

/** Many messages to the board and back, each exactly once, though the line is cut again and again. */
async function exactlyOnce(start, t) {
  const broker = await start();
  const sockets = new Set();
  // Between the board and the broker, so that the line can be cut.
  const relay = createServer((near) => {
    const far = dial(broker.mqtt.port, broker.mqtt.host);
    for (const [socket, other] of [[near, far], [far, near]]) {
      sockets.add(socket);
      socket.on('data', (bytes) => other.write(bytes));
      socket.on('close', () => other.destroy());
      socket.on('error', () => {});
    }
    near.on('close', () => [near, far].forEach((socket) => sockets.delete(socket)));
  }).listen(0, '127.0.0.1');
  await once(relay, 'listening');
  const echo = '  on message "echo-1/set": publish "echo-1/echo" "{payload}" qos 2\n';
  const board = await Board.withSettings({
    broker: byTcp(relay.address().port),
    device: device('echo-1', '3.1.1', echo).replace('queue 200', 'queue 1000'),
  });
  const client = await reader(['echo-1/echo', 'echo-1/status'], broker);
  try {
    await board.start();
    await client.gets('echo-1/status online');
    const begun = Date.now();
    let cuts = 0;
    let sent = 0;
    let came = 0;
    let open = 0;
    client.on('message', (topic) => (came += topic === 'echo-1/echo'));
    while (sent < MESSAGES) {
      // So many under way that a cut hits handshakes in all states, and so few that no queue has to give up.
      if (sent - came > 100 || open === OPEN) {
        await once(client, 'taken');
        continue;
      }
      open += 1;
      client.publish('echo-1/set', String(sent), { qos: 2 }, () => {
        open -= 1;
        client.emit('taken');
      });
      sent += 1;
      if (sent % (MESSAGES / CUTS) === MESSAGES / CUTS / 2) {
        for (const socket of sockets) socket.destroy();
        cuts += 1;
      }
    }
    while (came < MESSAGES) await once(client, 'taken');
    // What came twice would come before this.
    await client.publishAsync('echo-1/set', 'end', { qos: 2 });
    await client.gets('echo-1/echo end');
    const numbers = client.got.filter((line) => line.startsWith('echo-1/echo ')).map((line) => line.split(' ')[1]);
    assert.equal(cuts, CUTS);
    assert.deepEqual(numbers.length, MESSAGES + 1);
    assert.deepEqual(new Set(numbers).size, MESSAGES + 1);
    const status = await board.status();
    assert.equal(status.given_up, 0);
    t.diagnostic(`${Math.round((MESSAGES * 1000) / (Date.now() - begun))} messages/s, ${status.heap_free} bytes of heap free`);
  } finally {
    await client.endAsync();
    await board.remove();
    relay.close();
    await broker.stop();
  }
}

for (const [title, start] of Object.entries(brokers)) {
  for (const version of ['3.1.1', '5.0']) {
    test(`a board speaks ${version} with ${title}`, { timeout: 120_000 }, () => converse(start, version));
  }
  test(`${MESSAGES} messages exactly once, to ${title} and back, across ${CUTS} cuts`, { timeout: 400_000 }, (t) =>
    exactlyOnce(start, t));
}

/** Bytes of a board that the page is to be the broker of go to the hub instead: it is the same broker. */
function pipeToHub(send) {
  const socket = dial(hub.mqtt.port, hub.mqtt.host);
  socket.on('data', send);
  socket.on('error', () => {});
  return socket;
}

test('a board whose broker comes over its own WebSocket', { timeout: 60_000 }, async () => {
  const board = await Board.withSettings({ broker: { by: 'page' }, device: device('ws-1', '3.1.1') });
  const client = await reader(['ws-1/#']);
  const open = async () => {
    const page = new WebSocket(board.ws, 'mqtt');
    await once(page, 'open');
    assert.equal(page.protocol, 'mqtt');
    const socket = pipeToHub((bytes) => page.send(bytes));
    page.on('message', (data) => socket.write(data));
    page.on('close', () => socket.destroy());
    return page;
  };
  try {
    await board.start();
    const first = await open();
    await client.gets('ws-1/status online');
    // Only one page can be the broker.
    const second = new WebSocket(board.ws, 'mqtt');
    const [refused] = await once(second, 'close');
    assert.equal(refused, 1013);
    await client.publishAsync('ws-1/set', 'on', { qos: 2 });
    await client.gets('ws-1/state on');
    first.close();
    await board.is((status) => !status.connected);
    client.got = [];
    await open();
    await client.gets('ws-1/status online');
  } finally {
    await client.endAsync();
    await board.remove();
  }
});

/** What becomes of a WebSocket: the status of HTTP, or the protocol if it is opened. */
async function answer(board, protocols, options) {
  for (;;) {
    const page = new WebSocket(board.ws, protocols, options);
    const answer = await new Promise((done) => {
      page.on('unexpected-response', (request, response) => {
        done(response.statusCode);
        request.destroy();
      });
      page.on('open', () => {
        done(page.protocol);
        page.terminate();
      });
      page.on('error', () => done());
    });
    // A board has few sockets, and may not have noticed yet that the ones before are gone.
    if (answer !== undefined) return answer;
  }
}

test('a WebSocket of a board: who may open it, and what its frames are', { timeout: 120_000 }, async () => {
  const board = await Board.withSettings({ broker: { by: 'page' }, device: device('ws-2', '3.1.1') });
  try {
    await board.start();
    // The subprotocol has to be offered (MQTT-6.0.0-3), however many others are.
    assert.equal(await answer(board, []), 400);
    assert.equal(await answer(board, ['mqttv3.1']), 400);
    const many = ['mqttv3.1', 'a-protocol-with-a-rather-long-name', 'mqtt'];
    assert.equal(await answer(board, many), 'mqtt');
    // Pages of the board's network only, by a name that no other page can take.
    for (const [origin, expected] of [
      ['http://evil.example', 403],
      ['null', 403],
      ['http://203.0.113.9', 403],
      ['http://192.168.1.7:8080', 'mqtt'],
      ['http://localhost:9000', 'mqtt'],
    ]) {
      assert.equal(await answer(board, many, { origin }), expected, origin);
    }
    await board.says('refused: pages of "http://evil.example"');
    assert.equal(await answer(board, many, { headers: { Host: 'evil.example' } }), 403);

    const open = async () => {
      const page = new WebSocket(board.ws, 'mqtt');
      page.on('error', () => {});
      page.pongs = [];
      page.on('pong', (data) => {
        page.pongs.push(String(data));
        page.emit('heard');
      });
      page.answered = async (text) => {
        while (!page.pongs.includes(text)) await once(page, 'heard');
      };
      const connect = await new Promise((done) => {
        page.once('message', done);
        page.once('close', () => done());
      });
      // As above: another page is its broker, until it has noticed.
      if (!connect) return open();
      assert.equal(connect[0], 0x10);
      return page;
    };
    let page = await open();
    page.ping('are you there?');
    await page.answered('are you there?');
    // An answer in pieces, with a question between them (RFC 6455, section 5.4), and nothing in one of them.
    page.send(Buffer.from([0x20, 2]), { fin: false });
    page.ping('and now?');
    page.send(Buffer.from([]), { fin: false });
    page.send(Buffer.from([0, 0]), { fin: true });
    await page.answered('and now?');
    await board.is((status) => status.connected);
    page.close(1000);
    assert.equal((await once(page, 'close'))[0], 1000);

    const connack = Buffer.from([0x20, 2, 0, 0]);
    for (const [sent, code, why] of [
      ['text', 1003, 'MQTT goes in binary messages'],
      [Buffer.alloc(2049), 1009, 'a frame has at most 2048 bytes'],
    ]) {
      page = await open();
      page.send(connack);
      await board.is((status) => status.connected);
      const from = board.log.length;
      page.send(sent);
      assert.equal((await once(page, 'close'))[0], code);
      await board.says(why, from);
    }
  } finally {
    await board.remove();
  }
});

test('a board whose broker is at the other end of its serial line', { timeout: 60_000 }, async () => {
  const board = await Board.withSettings({ broker: { by: 'serial' }, device: device('usb-1', '5.0') });
  const client = await reader(['usb-1/#']);
  try {
    await board.start();
    let socket;
    const attend = () => {
      socket = pipeToHub((bytes) => board.sendFrame('D', bytes));
      board.sendFrame('O');
    };
    board.onframe = (letter, data) => {
      if (letter === 'D') socket.write(data);
      if (letter === 'C') socket.destroy();
    };
    attend();
    await client.gets('usb-1/status online');
    await client.publishAsync('usb-1/set', 'on', { qos: 2 });
    await client.gets('usb-1/state on');
    // The cable comes loose, and is back.
    socket.destroy();
    board.sendFrame('C');
    await board.is((status) => !status.connected);
    await client.gets('usb-1/status offline');
    client.got = [];
    attend();
    await client.gets('usb-1/status online');
    // The console works beside the frames.
    board.type('status');
    const line = await board.says('status: {');
    assert.equal(JSON.parse(line.slice(line.indexOf('{'))).broker, 'serial');
  } finally {
    await client.endAsync();
    await board.remove();
  }
});

test('settings change over HTTP, with the code on the console only', { timeout: 60_000 }, async () => {
  const secret = { by: 'tcp', host: hostAddress, port: hub.mqtt.port, user: 'me', password: 'hidden' };
  const board = await Board.withSettings({ broker: secret, device: device('old-1', '3.1.1') });
  try {
    await board.start();
    const shown = await (await board.ask('/settings')).text();
    assert.match(shown, /"user":"me"/);
    assert.doesNotMatch(shown + board.log, /hidden/);
    const settings = { broker: { by: 'page' }, device: device('new-1', '5.0') };
    const put = (code, body) =>
      board.ask('/settings', { method: 'PUT', headers: { 'X-Code': code }, body: JSON.stringify(body) });
    const code = (await board.says('code for changes')).trim().slice(-6);
    const wrong = code === '000000' ? '000001' : '000000';
    assert.equal((await put(wrong, settings)).status, 403);
    const faulty = await put(code, { ...settings, device: 'scenario "x"\nnode l lamp\n  keep-alive soon\n' });
    assert.deepEqual([faulty.status, (await faulty.text()).includes('line 3')], [400, true]);
    const padded = (bytes) => ({ ...settings, device: settings.device + '# padding\n'.repeat(bytes / 10) });
    const nameless = await put(code, { ...settings, wifi: { ssid: '' } });
    assert.deepEqual([nameless.status, /1 to 32 bytes/.test(await nameless.text())], [400, true]);
    const long = await put(code, padded(20_000));
    assert.deepEqual([long.status, /at most 16384/.test(await long.text())], [413, true]);
    assert.equal((await board.status()).client_id, 'old-1');
    // Much longer than the buffers of its web server.
    assert.equal((await put(code, padded(12_000))).status, 200);
    // The machine ends when its node starts again.
    assert.equal(await board.ended, 75);
    await board.start();
    const status = await board.status();
    assert.deepEqual([status.client_id, status.version, status.broker], ['new-1', '5.0', 'page']);
    // Once more: each change goes to the slot that is not in use.
    const again = (await board.says('code for changes')).trim().slice(-6);
    assert.equal((await put(again, { ...settings, device: device('newer-1', '3.1.1') })).status, 200);
    assert.equal(await board.ended, 75);
    await board.start();
    assert.equal((await board.status()).client_id, 'newer-1');
    // Nobody may try all codes.
    const last = (await board.says('code for changes')).trim().slice(-6);
    for (let tries = 0; tries < 10; tries += 1) assert.equal((await put(last === '000000' ? '000001' : '000000', settings)).status, 403);
    assert.equal((await put(last, settings)).status, 403);
  } finally {
    await board.remove();
  }
});
