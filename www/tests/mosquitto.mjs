// Mosquitto on free ports of loopback, for every test that needs somebody else's broker.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { freePort } from './harness.mjs';

/** A program that ends with these tests: `stop()` ends it before. */
export function running(child) {
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  const ended = once(child, 'exit');
  return async () => {
    child.kill();
    await ended;
    process.removeListener('exit', kill);
  };
}

/** Waits until a program says that it is ready: whether it does before its output ends, and all that it said until then. */
export async function ready(output, pattern) {
  const said = [];
  const lines = createInterface(output);
  const isReady = await new Promise((done) => {
    lines.on('line', (line) => {
      said.push(line);
      if (pattern.test(line)) done(true);
    });
    lines.on('close', () => done(false));
  });
  return { isReady, said };
}

/**
 * Mosquitto, with a WebSocket for everybody, and a `guarded` one for nobody. One that `keeps` has its sessions in a file, and
 * queues without an end: `restart()` ends it as a service manager does, and starts it again at the same ports.
 */
export async function startMosquitto({ keeps = false } = {}) {
  const program = process.env.MOSQUITTO ?? (existsSync('/usr/sbin/mosquitto') ? '/usr/sbin/mosquitto' : 'mosquitto');
  const folder = await mkdtemp(join(tmpdir(), 'mosquitto-'));
  const file = join(folder, 'mosquitto.conf');
  const kept = ['persistence true', `persistence_location ${folder}/`, 'max_queued_messages 0', 'user root'];
  let said;
  let stop;
  const start = async () => {
    const broker = spawn(program, ['-c', file], { stdio: ['ignore', 'ignore', 'pipe'] });
    const end = running(broker);
    const heard = await ready(broker.stderr, / running$/);
    said = heard.said;
    stop = end;
    return heard.isReady;
  };
  // It cannot choose a port itself, and one that was free a moment ago can be somebody's now.
  for (let tries = 0; tries < 10; tries += 1) {
    const [tcp, ws, guarded] = [await freePort(), await freePort(), await freePort()];
    const lines = [
      'per_listener_settings true',
      `listener ${tcp} 127.0.0.1`, 'allow_anonymous true',
      `listener ${ws} 127.0.0.1`, 'protocol websockets', 'socket_domain ipv4', 'allow_anonymous true',
      `listener ${guarded} 127.0.0.1`, 'protocol websockets', 'socket_domain ipv4', 'allow_anonymous false',
      'log_dest stderr', ...(keeps ? kept : []), '',
    ];
    await writeFile(file, lines.join('\n'));
    if (!(await start())) continue;
    return {
      mqtt: { host: '127.0.0.1', port: tcp },
      ws: `ws://127.0.0.1:${ws}/mqtt`,
      guarded: `ws://127.0.0.1:${guarded}/mqtt`,
      restart: async () => {
        await stop();
        assert.ok(await start(), `Mosquitto does not start again:\n${said.join('\n')}`);
      },
      stop: async () => {
        await stop();
        await rm(folder, { recursive: true });
      },
    };
  }
  assert.fail(`Mosquitto does not start (\`apt-get install mosquitto\`):\n${said.join('\n')}`);
}
