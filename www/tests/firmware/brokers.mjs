// The brokers that a board is tried with: each has `mqtt` as { host, port }, and `stop()`.
// `cargo xtask test --only firmware` sets BROKER_PAGE to the broker in a page without a browser.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { startHub } from '../harness.mjs';
import { startMosquitto } from '../mosquitto.mjs';

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

export const brokers = {
  'the hub': () => startHub(),
  'the hub with its broker in a page': startPage,
  Mosquitto: () => startMosquitto(),
};
