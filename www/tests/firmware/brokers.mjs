// The brokers that a board is tried with: each has `mqtt` as { host, port }, and `stop()`.
// `cargo xtask test --only firmware` sets BROKER_PAGE to the broker in a page without a browser.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { freePort, startHub } from '../harness.mjs';

/** The hub whose broker is in a page. */
async function startPage() {
  const hub = await startHub('page');
  const page = spawn(process.env.BROKER_PAGE, [new URL(hub.http).host], { stdio: ['pipe', 'pipe', 'inherit'] });
  process.once('exit', () => page.kill('SIGKILL'));
  const ended = once(page, 'exit');
  const [line] = await once(createInterface(page.stdout), 'line');
  assert.equal(line, 'ready');
  const stop = async () => {
    page.stdin.end();
    const [code] = await ended;
    assert.equal(code, 0, 'the page with the broker ended badly');
    await hub.stop();
  };
  return { mqtt: hub.mqtt, stop };
}

/** Somebody else's broker. */
async function startMosquitto() {
  const program = process.env.MOSQUITTO ?? (existsSync('/usr/sbin/mosquitto') ? '/usr/sbin/mosquitto' : 'mosquitto');
  const folder = await mkdtemp(join(tmpdir(), 'mosquitto-'));
  const file = join(folder, 'mosquitto.conf');
  // It cannot choose a port itself, and one that was free a moment ago can be somebody's now.
  for (let tries = 0; tries < 10; tries += 1) {
    const port = await freePort();
    await writeFile(file, `listener ${port} 127.0.0.1\nallow_anonymous true\nlog_dest stderr\nlog_type all\n`);
    const broker = spawn(program, ['-c', file], { stdio: ['ignore', 'ignore', 'pipe'] });
    const kill = () => broker.kill('SIGKILL');
    process.once('exit', kill);
    const lines = createInterface(broker.stderr);
    const runs = new Promise((done) => {
      lines.on('line', (line) => / running$/.test(line) && done(true));
      lines.on('close', () => done(false));
    });
    if (!(await runs)) continue;
    const ended = once(broker, 'exit');
    const stop = async () => {
      broker.kill();
      await ended;
      process.removeListener('exit', kill);
      await rm(folder, { recursive: true });
    };
    return { mqtt: { host: '127.0.0.1', port }, stop };
  }
  throw new Error('Mosquitto does not start: `apt-get install mosquitto`');
}

export const brokers = {
  'the hub': () => startHub(),
  'the hub with its broker in a page': startPage,
  Mosquitto: startMosquitto,
};
