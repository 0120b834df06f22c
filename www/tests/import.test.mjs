// Captures of real traffic: opened, walked through, exported again.

import assert from 'node:assert/strict';
import { spawn, execFile } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { accessibilityProblems, open, root, screenshot, sizes, steps, withHub } from './harness.mjs';

const on = withHub();
const run = promisify(execFile);
const mosquitto = join(root, 'crates/capture/tests/mosquitto.pcapng');

/** Opens files as a user does, with the key. */
async function openFile(page, path) {
  const chooser = page.waitForEvent('filechooser');
  await page.getByRole('main').focus();
  await page.keyboard.press('Control+o');
  await (await chooser).setFiles(path);
}

/** From now on: how many frames were drawn, and the longest stretch in milliseconds for which the page did nothing else. */
async function watchTasks(page) {
  await page.evaluate(() => {
    globalThis.frames = 0;
    globalThis.longest = 0;
    const frame = () => {
      globalThis.frames += 1;
      requestAnimationFrame(frame);
    };
    frame();
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) globalThis.longest = Math.max(globalThis.longest, entry.duration);
    }).observe({ type: 'longtask' });
  });
  return () => page.evaluate(() => [globalThis.frames, globalThis.longest]);
}

test('real traffic of Mosquitto is walked through', async () => {
  const { page, close } = await open(on.browser, on.hub.play);
  await openFile(page, mosquitto);
  await page.getByRole('status').getByText('A capture of real traffic: 4 connections with MQTT.').waitFor();
  await page.getByRole('heading', { level: 1, name: 'mosquitto.pcapng' }).waitFor();
  await page.keyboard.press('End');
  const all = await steps(page);
  assert.equal(all.length, 28);
  assert.match(all.join('\n'), /broker -> robot-1 {2}PUBLISH 1 QoS 1 robot\/move "forward 1 m"/);
  await page.keyboard.press('/');
  await page.waitForFunction(() => document.activeElement?.id === 'filter');
  await page.keyboard.type('mqtt.msgtype == 3 && mqtt.qos == 2');
  await page.keyboard.press('Enter');
  assert.equal((await steps(page)).length, 2);
  await page.keyboard.press('Escape');
  await page.locator('#packet').getByText('DISCONNECT').first().waitFor();
  await page.getByText('What the broker kept for its clients is not in it.').waitFor();
  assert.deepEqual(await accessibilityProblems(page), []);
  await screenshot(page, 'capture');
  // It is past: nothing can be done to it.
  await page.getByRole('main').focus();
  await page.keyboard.press('Control+s');
  await page.getByRole('status').getByText('its file is what you keep').waitFor();
  await close();
});

test('a capture on a phone, and in German', async () => {
  const { page, close } = await open(on.browser, on.hub.play, { size: sizes.phone, locale: 'de-DE' });
  await openFile(page, mosquitto);
  await page.getByRole('status').getByText('Ein Mitschnitt echten Verkehrs: 4 Verbindungen mit MQTT.').waitFor();
  await page.keyboard.press('End');
  await screenshot(page, 'capture-phone');
  await close();
});

test('what clients of Mosquitto and a broker say now is recorded and imported', async (t) => {
  const file = join(tmpdir(), `mqtt-playground-${process.pid}.pcapng`);
  const { host, port } = on.hub.mqtt;
  const to = ['-h', host, '-p', String(port)];
  // Who gets this has subscribed. It is said before anything is recorded.
  await run('mosquitto_pub', [...to, '-r', '-t', 'lab/ready', '-m', 'ready']);
  const recorder = spawn('dumpcap', ['-q', '-i', 'lo', '-f', `tcp port ${port}`, '-w', file], { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  recorder.stderr.on('data', (text) => (said += text));
  const failed = once(recorder, 'error').then(() => 'it is not installed');
  const ended = once(recorder, 'exit').then(() => said);
  const listening = new Promise((done) => recorder.stderr.on('data', () => said.includes('File:') && done()));
  const why = await Promise.race([failed, ended, listening]);
  if (why) return t.skip(`dumpcap cannot record on the loopback here: ${why}`);
  const listener = spawn('mosquitto_sub', [...to, '-V', '5', '-i', 'listener', '-q', '2', '-t', 'lab/#', '-C', '4', '-W', '60']);
  const left = once(listener, 'exit');
  await once(listener.stdout, 'data');
  for (const qos of ['0', '1', '2']) {
    await run('mosquitto_pub', [...to, '-i', 'speaker', '-q', qos, '-t', 'lab/temperature', '-m', `2${qos}.5`]);
  }
  assert.deepEqual(await left, [0, null]);
  // What has been said is in the file a little later.
  const goodbyes = async () => {
    const { stdout } = await run('tshark', ['-r', file, '-d', `tcp.port==${port},mqtt`, '-Y', 'mqtt.msgtype == 14']).catch((error) => error);
    return stdout.trim().split('\n').length;
  };
  for (let tries = 0; (await goodbyes()) < 4; tries += 1) assert.ok(tries < 60, 'the recording lacks packets');
  recorder.kill('SIGINT');
  await ended;
  const { page, close } = await open(on.browser, on.hub.play);
  await openFile(page, file);
  await page.getByRole('status').getByText('4 connections with MQTT').waitFor();
  await page.keyboard.press('End');
  const text = (await steps(page)).join('\n');
  for (const what of [/speaker -> broker {2}PUBLISH QoS 0 lab\/temperature "20\.5"/, /broker -> listener {2}PUBLISH 1 QoS 1 lab\/temperature "21\.5"/, /listener -> broker {2}PUBCOMP 2/]) {
    assert.match(text, what);
  }
  // Out again, and tshark finds the same packets in it.
  const download = page.waitForEvent('download');
  await page.keyboard.press('Control+k');
  await page.getByRole('combobox', { name: 'Commands' }).fill('for Wireshark');
  await page.keyboard.press('Enter');
  await (await download).saveAs(`${file}.again`);
  const types = async (path) => {
    const port = path === file ? on.hub.mqtt.port : 1883;
    const { stdout } = await run('tshark', ['-r', path, '-d', `tcp.port==${port},mqtt`, '-T', 'fields', '-e', 'mqtt.msgtype']);
    return stdout.trim().split(/[\s,]+/).sort();
  };
  assert.deepEqual(await types(`${file}.again`), await types(file));
  await close();
});

test('a large capture never holds up the page, and a damaged one says so', async () => {
  const { page, close } = await open(on.browser, on.hub.play);
  const small = await readFile(mosquitto);
  // The same traffic again and again, each time in a section of its own, as mergecap would not have it but the form allows.
  const large = Buffer.concat(Array.from({ length: 300 }, () => small));
  const path = join(tmpdir(), `mqtt-playground-${process.pid}-large.pcapng`);
  await writeFile(path, large);
  const longest = await watchTasks(page);
  await openFile(page, path);
  await page.getByRole('status').getByText('Reading').waitFor();
  await page.getByRole('status').getByText('A capture of real traffic').waitFor({ timeout: 60_000 });
  const [frames, task] = await longest();
  // How long a task takes depends on the machine and on what else it does; that the page is drawn in between does not.
  console.log(`${large.length} bytes of capture: ${frames} frames, longest task ${task} ms`);
  assert.ok(frames >= 20, `${frames} frames`);
  await writeFile(path, small.subarray(0, 3010));
  await openFile(page, path);
  await page.getByRole('status').getByText('the file ends in the middle').waitFor();
  await writeFile(path, Buffer.from([0x0a, 0x0d, 0x0d, 0x0a, 1, 2, 3, 4, 5, 6, 7, 8]));
  await openFile(page, path);
  await page.getByRole('status').getByText('its first blocks are damaged').waitFor();
  await close();
});
