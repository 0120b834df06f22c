// A real broker in the page: Mosquitto on loopback, over WebSocket.

import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { accessibilityProblems, freePort, open, screenshot, sizes, withHub } from './harness.mjs';
import { choose, publish, seen } from './live.mjs';

const at = withHub();
const run = promisify(execFile);
const program = process.env.MOSQUITTO ?? (existsSync('/usr/sbin/mosquitto') ? '/usr/sbin/mosquitto' : 'mosquitto');
let mosquitto;
let ports;

before(async () => {
  ports = { tcp: await freePort(), ws: await freePort(), guarded: await freePort() };
  const folder = await mkdtemp(join(tmpdir(), 'live-'));
  const config = join(folder, 'mosquitto.conf');
  await writeFile(config, [
    'per_listener_settings true',
    `listener ${ports.tcp} 127.0.0.1`, 'allow_anonymous true',
    `listener ${ports.ws} 127.0.0.1`, 'protocol websockets', 'socket_domain ipv4', 'allow_anonymous true',
    `listener ${ports.guarded} 127.0.0.1`, 'protocol websockets', 'socket_domain ipv4', 'allow_anonymous false',
    'log_dest stderr', '',
  ].join('\n'));
  mosquitto = spawn(program, ['-c', config], { stdio: ['ignore', 'ignore', 'pipe'] });
  process.once('exit', () => mosquitto.kill('SIGKILL'));
  let log = '';
  mosquitto.stderr.on('data', (text) => (log += text));
  for (let tries = 0; !/running/.test(log); tries += 1) {
    assert.ok(tries < 600, `Mosquitto did not start:\n${log}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
});

after(() => mosquitto?.kill());

const client = (name, ...rest) => run(name, ['-h', '127.0.0.1', '-p', String(ports.tcp), ...rest]);

/** Somebody outside who listens, when the subscription is there: a way to the lines that came until somebody says the end. */
async function listen(topic) {
  await client('mosquitto_pub', '-r', '-t', 'ready', '-m', 'ready');
  const options = ['-q', '2', '-t', topic, '-t', 'ready', '-F', '%t %p qos %q retain %r', '-W', '60'];
  const child = spawn('mosquitto_sub', ['-h', '127.0.0.1', '-p', String(ports.tcp), ...options]);
  let text = '';
  const came = (what) => new Promise((resolve, reject) => {
    const look = () => text.includes(what) && resolve();
    child.stdout.on('data', look);
    child.once('exit', () => reject(new Error(`no "${what}" in:\n${text}`)));
    look();
  });
  child.stdout.on('data', (more) => (text += more));
  await came('ready ready');
  return async ({ until } = {}) => {
    if (until) await came(until);
    else {
      await client('mosquitto_pub', '-q', '2', '-t', topic, '-m', 'the end');
      await came('the end');
    }
    child.kill();
    return text.trim().split('\n').filter((line) => !/^ready|the end/.test(line));
  };
}

async function connect(page, url) {
  await page.getByRole('textbox', { name: 'Address' }).fill(url);
  await page.getByRole('button', { name: 'Connect', exact: true }).click();
}

const state = (page, name) => page.getByRole('heading', { level: 2, name, exact: true }).waitFor();

const strip = (page) => page.getByRole('region', { name: 'Real broker' });

test('a PUBREL that is held and cut is sent again after the reconnect, and the message comes once', async () => {
  const { page, close } = await open(at.browser, `${at.hub.http}#/broker`);
  await page.getByText('Keep alive, session, will').click();
  await page.getByRole('checkbox', { name: /^Clean session/ }).uncheck();
  await connect(page, `ws://127.0.0.1:${ports.ws}/mqtt`);
  await state(page, 'Connected');
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

test('a real broker sends to the page, keeps what is retained, and speaks the will after a cut', async () => {
  await client('mosquitto_pub', '-q', '1', '-r', '-t', 'lab/kept', '-m', 'as it was');
  const { page, close } = await open(at.browser, `${at.hub.http}#/broker`);
  await page.getByText('Keep alive, session, will').click();
  await page.getByRole('textbox', { name: 'Will: topic' }).fill('lab/will');
  await page.getByRole('textbox', { name: 'Will: payload' }).fill('gone');
  await page.getByText('5.0', { exact: true }).click();
  await connect(page, `ws://127.0.0.1:${ports.ws}`);
  await state(page, 'Connected');
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

test('what goes wrong is said with what is known, what browsers hide and what to try', async () => {
  const raw = createServer((socket) => socket.on('error', () => {})).listen(0, '127.0.0.1');
  await once(raw, 'listening');
  const mute = raw.address().port;
  const closed = await freePort();
  const cases = [
    ['mqtt://127.0.0.1:1883', /cannot be dialled/, /no browser lets a page speak it/],
    [`ws://127.0.0.1:${closed}`, /did not open/, /hide from a page/],
    [`ws://127.0.0.1:${ports.tcp}`, /did not open/, /no WebSocket/],
    [`wss://127.0.0.1:${ports.ws}`, /did not open/, /certificate/],
    [`ws://127.0.0.1:${ports.guarded}`, /has refused/, /CONNACK says so/],
    [`ws://127.0.0.1:${mute}`, /Nothing answers/, /ten seconds/],
  ];
  for (const [url, title, known] of cases) {
    // What the browser itself writes of a failed WebSocket is no fault of the page.
    const { page } = await open(at.browser, `${at.hub.http}#/broker`);
    await connect(page, url);
    const alert = page.getByRole('alert').filter({ hasText: title });
    await alert.waitFor({ timeout: 20_000 }).catch(async (error) => {
      throw new Error(`${url}: ${await page.locator('#broker').innerText()}\n${error.message}`);
    });
    assert.match(await alert.innerText(), known, url);
    if (url.includes(String(ports.tcp))) {
      await screenshot(page, 'live-trouble');
      await page.setViewportSize(sizes.phone);
      await screenshot(page, 'live-trouble-phone');
    }
    await page.context().close();
  }
  raw.close();
});
