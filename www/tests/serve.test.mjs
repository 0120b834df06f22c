// `cargo xtask serve` as a user starts it, and what it says when it cannot.

import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { test } from 'node:test';

const anywhere = ['--mqtt', '127.0.0.1:0', '--ws', '127.0.0.1:0', '--http', '127.0.0.1:0'];

test('builds what is missing, serves the page and ends with 0 when asked to', async () => {
  const serve = spawn(process.env.XTASK, ['serve', ...anywhere], { stdio: ['ignore', 'pipe', 'inherit'] });
  process.once('exit', () => serve.kill('SIGKILL'));
  const ended = once(serve, 'exit');
  let url;
  for await (const line of createInterface(serve.stdout)) {
    if (line.startsWith('http ')) {
      url = `http://${line.slice('http '.length)}/`;
      break;
    }
  }
  assert.ok(url, 'it says where it serves');

  const page = await fetch(url);
  const html = await page.text();
  assert.equal(page.status, 200);
  assert.match(html, /<title>MQTT Playground/);
  const wasm = await fetch(new URL(/[^'"]+\.wasm/.exec(html)[0], url));
  assert.equal(wasm.status, 200);
  assert.equal(wasm.headers.get('content-type'), 'application/wasm');
  await wasm.arrayBuffer();

  serve.kill('SIGTERM');
  assert.deepEqual(await ended, [0, null]);
});

test('a port in use is a sentence and an exit code', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const taken = `127.0.0.1:${other.address().port}`;
  const serve = spawnSync(process.env.XTASK, ['serve', ...anywhere.slice(0, 4), '--http', taken], { encoding: 'utf8' });
  other.close();
  assert.notEqual(serve.status, 0);
  const sentence = serve.stderr.split('\n').find((line) => line.includes(taken));
  assert.match(sentence ?? serve.stderr, /another program uses that port/);
});
