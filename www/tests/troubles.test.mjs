// What can go wrong on the way to a real broker, each with something real at the other end: the page says what is known, what
// browsers hide, and what to try.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer as createSecureServer } from 'node:https';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import selfsigned from 'selfsigned';
import { WebSocketServer } from 'ws';
import { accessibilityProblems, freePort, launch, open, screenshot, sizes, startHub } from './harness.mjs';
import { choose, connect, connected, publish, seen } from './live.mjs';
import { startMosquitto } from './mosquitto.mjs';
import { listen } from './peers.mjs';

/** Packets of MQTT 5.0, as somebody else's program would write them. */
const CONNACK = Buffer.from('2003000000', 'hex');
const goodbye = (code, property, text) => {
  const said = Buffer.from(text);
  return Buffer.from([0xe0, said.length + 5, code, said.length + 3, property, 0, said.length, ...said]);
};
const [REASON_STRING, SERVER_REFERENCE] = [0x1f, 0x1c];

/** Programs that take a WebSocket and are no good brokers: what each does with the first message. */
const bad = {
  garbage: (socket) => socket.send(Buffer.from('HTTP/1.1 400 Bad Request')),
  web: (socket) => socket.send(Buffer.from('<html>It works!</html>')),
  // The bytes of a CONNACK, in a text frame.
  texts: (socket) => socket.send('\x20\x02\x00\x00'),
  // What a broker of 3.1.1 says to a version that it does not know.
  old: (socket) => socket.send(Buffer.from('20020001', 'hex')),
  mute: () => {},
  rude: (socket) => socket.close(1008, 'not here'),
  stopping: (socket) => {
    socket.send(CONNACK);
    socket.send(goodbye(0x8b, REASON_STRING, 'maintenance until noon'));
    socket.close();
  },
  moved: (socket) => {
    socket.send(CONNACK);
    socket.send(goodbye(0x9d, SERVER_REFERENCE, 'broker-2.example:8884'));
    socket.close();
  },
};

const at = {};
const stops = [];

/** Listens somewhere free on loopback; how many have come, and the port. */
async function listening(server) {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const there = { come: 0, port: server.address().port };
  server.on('connection', () => (there.come += 1));
  stops.push(() => {
    server.closeAllConnections?.();
    server.close();
  });
  return there;
}

before(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'troubles-'));
  const { private: key, cert } = await selfsigned.generate([{ name: 'commonName', value: 'localhost' }], { keySize: 2048, algorithm: 'sha256' });
  const tls = { cert: join(folder, 'cert.pem'), key: join(folder, 'key.pem') };
  await Promise.all([writeFile(tls.cert, cert), writeFile(tls.key, key)]);
  stops.push(() => rm(folder, { recursive: true }));

  at.mosquitto = await startMosquitto();
  at.hub = await startHub();
  at.secureHub = await startHub('native', tls);
  // One that other machines could reach, and that dials Mosquitto for who has its code.
  const { mqtt } = at.mosquitto;
  at.dialled = `${mqtt.host}:${mqtt.port}`;
  at.codeHub = await startHub('native', undefined, ['--join-code', 'JOIN1234', '--lead-code', 'LEAD5678', '--allow-broker', at.dialled]);
  stops.push(() => Promise.all([at.mosquitto.stop(), at.hub.stop(), at.secureHub.stop(), at.codeHub.stop()]));

  at.silent = await listening(createServer((socket) => socket.on('error', () => {})));
  at.bad = {};
  for (const [name, answer] of Object.entries(bad)) {
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
    server.on('connection', (socket) => socket.once('message', () => answer(socket)));
    await once(server, 'listening');
    at.bad[name] = server.address().port;
    stops.push(() => server.close());
  }
  const unspoken = new WebSocketServer({ port: 0, host: '127.0.0.1', handleProtocols: () => false });
  await once(unspoken, 'listening');
  at.unspoken = unspoken.address().port;
  stops.push(() => unspoken.close());
  const secure = createSecureServer({ cert, key });
  at.selfSigned = await listening(secure);
  secure.on('tlsClientError', () => (at.selfSigned.refused = true));

  // Names that look like ones out on the internet lead here, and one nowhere; so does the usual port of plain MQTT.
  const { port } = at.mosquitto.mqtt;
  at.browser = await launch([`--host-resolver-rules=MAP nobody.test ~NOTFOUND,MAP plain.test:1883 127.0.0.1:${port},MAP *.test 127.0.0.1`]);
  stops.unshift(() => at.browser.close());
});

after(async () => {
  for (const stop of stops) await stop();
});

/** What the page says after dialling there; the page stays open. */
async function trouble(url, title, { version = '3.1.1', from = at.hub, ...options } = {}) {
  // What the browser itself writes of a failed WebSocket is no fault of the page.
  const { page } = await open(at.browser, `${from.http}#/broker`, options);
  await page.getByText(version, { exact: true }).click();
  await page.getByRole('textbox', { name: 'User name' }).fill('ann');
  await page.getByLabel('Password').fill('open-sesame');
  await connect(page, url);
  const alert = page.getByRole('alert').filter({ hasText: title });
  await alert.waitFor({ timeout: 60_000 }).catch(async (error) => {
    throw new Error(`${url}: ${await page.locator('#broker').innerText()}\n${error.message}`);
  });
  const card = page.getByRole('region', { name: title });
  return { page, said: await alert.innerText(), steps: await card.getByRole('listitem').allInnerTexts() };
}

/** The address at which a hub dials Mosquitto for who has its code. */
const through = (hub, code) => new URL(`/broker/${at.dialled}?code=${encodeURIComponent(code)}`, hub.ws).href;

// A title, what is known or hidden, what to try.
const cases = {
  'an address that is none for a page': () => ['mqtt://127.0.0.1:1883', /cannot be dialled/, /no browser lets a page speak it/],
  'a port where nobody listens': async () => [`ws://127.0.0.1:${await freePort()}`, /did not open/, /hide from a page which/, /host and port right/],
  'a name that nobody has': () => ['ws://nobody.test:9001', /did not open/, /Nobody listens there/, /Is the broker running/],
  'plain MQTT at a port of its own': () => [`ws://127.0.0.1:${at.mosquitto.mqtt.port}`, /did not open/, /no WebSocket/, /protocol websockets/],
  'plain MQTT at its usual port': () => ['ws://plain.test:1883', /No WebSocket behind port 1883/, /likely one/, /9001 as the address/],
  'a WebSocket that does not speak the subprotocol': () => [`ws://127.0.0.1:${at.unspoken}`, /did not open/, /refuses the subprotocol mqtt/, /path/],
  'TLS where there is none': () => [at.mosquitto.ws.replace('ws:', 'wss:'), /did not open/, /certificate/, /as a web page/],
  'a certificate that nobody has signed': () => [`wss://127.0.0.1:${at.selfSigned.port}`, /did not open/, /certificate that the browser does not trust/, /https:\/\/127\.0\.0\.1/],
  'credentials that are refused, 3.1.1': () => [at.mosquitto.guarded, /refused: 0x87 Not authorized/, /CONNACK says so/, /Check user name and password/],
  'credentials that are refused, 5.0': () => [at.mosquitto.guarded, /refused: 0x87 Not authorized/, /way there works/, /Check user name and password/, '5.0'],
  'a version that the broker does not know': () => [`ws://127.0.0.1:${at.bad.old}`, /refused: 0x84 Unsupported Protocol Version/, /way there works/, /other version/, '5.0'],
  'an answer that is no MQTT': () => [`ws://127.0.0.1:${at.bad.garbage}`, /no MQTT/, /decoder says/, /error page of a web server/],
  'an answer that could become MQTT': () => [`ws://127.0.0.1:${at.bad.web}`, /no CONNACK came/, /begins with “<html>It works!/, /path right/],
  'an answer in a text frame': () => [`ws://127.0.0.1:${at.bad.texts}`, /sends text/, /MQTT-6\.0\.0-1/, /port and path/],
  'no answer at all': () => [`ws://127.0.0.1:${at.silent.port}`, /Nothing answers/, /ten seconds/, /firewall/],
  'a WebSocket, and then no answer': () => [`ws://127.0.0.1:${at.bad.mute}`, /no CONNACK came/, /given up waiting/, /path right/],
  'a WebSocket that is closed': () => [`ws://127.0.0.1:${at.bad.rude}`, /closed the connection/, /1008 “not here”/, /What did this client send last/],
  'a hub that wants its code': () => [through(at.codeHub, 'JOIN4321'), /The hub asks for a code/, /the code is another one/, /\?code=CODE.*join-code/],
  'a goodbye with a reason': () => [`ws://127.0.0.1:${at.bad.stopping}`, /goodbye: 0x8B Server shutting down/, /“maintenance until noon”/, /Wait a little/, '5.0'],
  'a goodbye with another address': () => [`ws://127.0.0.1:${at.bad.moved}`, /goodbye: 0x9D Server moved/, /names another server: “broker-2\.example:8884”/, /dial that/, '5.0'],
};

test('each trouble is said with what is known, what browsers hide and what to try', { timeout: 600_000 }, async () => {
  const waiting = Object.entries(cases);
  const one = async () => {
    while (waiting.length > 0) {
      const [name, make] = waiting.shift();
      const [url, title, known, step, version] = await make();
      const { page, said, steps } = await trouble(url, title, { version });
      assert.match(said, known, name);
      if (step) assert.match(steps.join('\n'), step, name);
      assert.doesNotMatch(await page.locator('#broker').innerText(), /open-sesame/);
      if (name === 'plain MQTT at its usual port') {
        assert.deepEqual(await accessibilityProblems(page), []);
        for (const size of ['wide', 'phone']) {
          await page.setViewportSize(sizes[size]);
          await screenshot(page, `trouble-${size}`);
        }
      }
      await page.context().close();
    }
  };
  // Some of them are about waiting.
  await Promise.all([one(), one(), one(), one()]);
  assert.ok(at.selfSigned.come > 0 && at.selfSigned.refused, 'it was the certificate');
});

test('a page that came by https may not dial ws://, but wss://', async () => {
  const options = { from: at.secureHub, ignoreHTTPSErrors: true };
  const { port, come } = await listening(createServer());
  const { page, said, steps } = await trouble(`ws://broker.test:${port}`, /refuses to dial/, options);
  assert.match(said, /mixed content/);
  assert.match(steps.join('\n'), /Use wss:.*\n.*http:\/\/localhost/);
  assert.equal(come, 0);
  await screenshot(page, 'trouble-mixed');
  await page.context().close();
  const secure = await open(at.browser, `${at.secureHub.http}#/broker`, { ignoreHTTPSErrors: true });
  await connect(secure.page, at.secureHub.ws);
  await connected(secure.page);
  await secure.page.getByText(/Encrypted \(TLS\)/).waitFor();
  await secure.close();
});

test('a hub dials for who has its code', async () => {
  const { page, close } = await open(at.browser, `${at.hub.http}#/broker`);
  await connect(page, through(at.codeHub, 'join-1234'));
  await connected(page);
  await close();
});

test('what goes to a broker out on the internet has a prefix of its own and is not retained', async () => {
  const heard = await listen(at.mosquitto, '#', '-V', '5', '--retain-as-published');
  const { page, close } = await open(at.browser, `${at.hub.http}#/broker`);
  await page.getByRole('textbox', { name: 'Address' }).fill(at.mosquitto.ws.replace('127.0.0.1', 'public.test'));
  await page.getByText(/If it is a public one, everybody can read/).waitFor();
  const prefix = await page.getByRole('textbox', { name: 'Topic prefix' }).inputValue();
  assert.match(prefix, /^pg-[0-9a-f]{5}\/$/);
  const retain = page.getByRole('checkbox', { name: /^Allow retained/ });
  assert.ok(!(await retain.isChecked()));
  await screenshot(page, 'public-broker');
  await page.getByRole('button', { name: 'Connect', exact: true }).click();
  await connected(page);
  await page.getByRole('button', { name: 'Watch on the ladder' }).click();
  await seen(page, /CONNACK/);
  await choose(page, /^page\b/, /^Subscribe/);
  await page.getByRole('textbox', { name: /Topic/ }).fill('#');
  await page.getByRole('button', { name: 'Subscribe', exact: true }).click();
  await seen(page, /SUBACK/);
  await publish(page, 'room/lamp', 'on', 1, true);
  assert.deepEqual(await heard({ until: 'lamp' }), [`${prefix}room/lamp on qos 1 retain 0`]);
  // What others say there is not this page's, and its own comes back as it was named here.
  await seen(page, /broker -> page  PUBLISH.*room\/lamp/);
  await close();
});
