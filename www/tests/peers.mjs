// Brokers of others that the page talks to: each has `ws`, its address, perhaps `mqtt` as { host, port }, and `stop()`.

import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, createServer } from 'node:net';
import { promisify } from 'node:util';
import { WebSocketServer, createWebSocketStream } from 'ws';
import { freePort } from './harness.mjs';
import { ready, running } from './mosquitto.mjs';

const run = promisify(execFile);
const there = ({ mqtt: { host, port } }) => ['-h', host, '-p', String(port)];

/** Lets one of Mosquitto's clients do something at a broker. */
export const tell = (broker, name, ...options) => run(name, [...there(broker), ...options]);

/**
 * Somebody outside who listens, once the subscription is there: a way to the lines `TOPIC PAYLOAD qos Q retain R` that came until
 * somebody says the end. `more` are options of mosquitto_sub.
 */
export async function listen(broker, topic, ...more) {
  await tell(broker, 'mosquitto_pub', '-r', '-t', 'ready', '-m', 'ready');
  const options = ['-q', '2', '-t', topic, '-t', 'ready', '-F', '%t %p qos %q retain %r', '-W', '60', ...more];
  const child = spawn('mosquitto_sub', [...there(broker), ...options]);
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
      await tell(broker, 'mosquitto_pub', '-q', String(broker.qos ?? 2), '-t', topic, '-m', 'the end');
      await came('the end');
    }
    child.kill();
    return text.trim().split('\n').filter((line) => !/^ready|the end/.test(line));
  };
}

/** aedes, as its own documentation has it: over TCP and WebSocket, in this process. */
export async function startAedes() {
  const { Aedes } = await import('aedes');
  const aedes = await Aedes.createBroker();
  const tcp = createServer((socket) => aedes.handle(socket)).listen(0, '127.0.0.1');
  const web = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  web.on('connection', (socket, request) => aedes.handle(createWebSocketStream(socket), request));
  await Promise.all([once(tcp, 'listening'), once(web, 'listening')]);
  return {
    mqtt: { host: '127.0.0.1', port: tcp.address().port },
    ws: `ws://127.0.0.1:${web.address().port}/mqtt`,
    stop: async () => {
      await new Promise((done) => aedes.close(done));
      web.close();
      tcp.close();
    },
  };
}

/** rumqttd, built by `cargo xtask peers`, which sets RUMQTTD. */
export async function startRumqttd() {
  assert.ok(process.env.RUMQTTD, 'RUMQTTD is the program bench-rumqttd: `cargo xtask peers` builds it and sets it');
  const [port, ws] = [await freePort(), await freePort()];
  const broker = spawn(process.env.RUMQTTD, [String(port), String(ws)], { stdio: 'ignore' });
  const stop = running(broker);
  await Promise.all([listens(port), listens(ws)]);
  return { mqtt: { host: '127.0.0.1', port }, ws: `ws://127.0.0.1:${ws}/`, stop };
}

/** Waits until somebody listens there. */
async function listens(port) {
  for (let tries = 0; ; tries += 1) {
    const socket = connect(port, '127.0.0.1');
    const isThere = await new Promise((done) => socket.once('connect', () => done(true)).once('error', () => done(false)));
    socket.destroy();
    if (isThere) return;
    assert.ok(tries < 600, `nobody listens at ${port}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/**
 * RabbitMQ as Debian has it, with its plugins for MQTT and MQTT over WebSocket: so many nodes of a cluster, each with `mqtt`,
 * `ws`, and `qos`, the most that it knows.
 * All that it writes is in a folder of its own, and it uses a port mapper of its own.
 */
export async function startRabbits(count) {
  const folder = await mkdtemp(join(tmpdir(), 'rabbitmq-'));
  const epmdPort = await freePort();
  const epmd = spawn('epmd', ['-port', String(epmdPort), '-address', '127.0.0.1'], { stdio: 'ignore' });
  const kill = () => epmd.kill('SIGKILL');
  process.once('exit', kill);
  await listens(epmdPort);
  const common = { ...process.env, HOME: folder, ERL_EPMD_PORT: String(epmdPort), RABBITMQ_CONF_ENV_FILE: join(folder, 'none') };
  await writeFile(join(folder, 'plugins'), '[rabbitmq_mqtt,rabbitmq_web_mqtt].\n');
  const nodes = [];
  const stops = [];
  for (let number = 0; number < count; number += 1) {
    const name = `node${number}@localhost`;
    const [mqtt, ws, dist] = [await freePort(), await freePort(), await freePort()];
    const home = await mkdtemp(join(folder, 'node-'));
    await writeFile(join(home, 'rabbitmq.conf'), [
      'listeners.tcp = none',
      `mqtt.listeners.tcp.default = 127.0.0.1:${mqtt}`, 'mqtt.allow_anonymous = true', 'mqtt.default_user = guest', 'mqtt.default_pass = guest',
      'web_mqtt.tcp.ip = 127.0.0.1', `web_mqtt.tcp.port = ${ws}`,
      'cluster_formation.peer_discovery_backend = classic_config',
      ...Array.from({ length: count }, (_, one) => `cluster_formation.classic_config.nodes.${one + 1} = node${one}@localhost`),
      '',
    ].join('\n'));
    const env = {
      ...common,
      RABBITMQ_NODENAME: name, RABBITMQ_DIST_PORT: String(dist),
      RABBITMQ_MNESIA_BASE: join(home, 'db'), RABBITMQ_LOG_BASE: join(home, 'log'), RABBITMQ_LOGS: '-',
      RABBITMQ_CONFIG_FILE: join(home, 'rabbitmq'), RABBITMQ_ENABLED_PLUGINS_FILE: join(folder, 'plugins'),
    };
    // The one that Debian puts on the search path changes the user and leaves these settings behind.
    const server = spawn('/usr/lib/rabbitmq/bin/rabbitmq-server', { env, stdio: ['ignore', 'pipe', 'inherit'], detached: true });
    const killAll = () => process.kill(-server.pid, 'SIGKILL');
    const program = { kill: () => process.kill(-server.pid, 'SIGTERM') };
    process.once('exit', killAll);
    const ended = once(server, 'exit');
    const { isReady, said } = await ready(server.stdout, /Server startup complete/);
    assert.ok(isReady, `RabbitMQ does not start (\`apt-get install rabbitmq-server\`):\n${said.join('\n')}`);
    const stop = async () => {
      program.kill();
      await ended;
      process.removeListener('exit', killAll);
    };
    nodes.push({ name, qos: 1, mqtt: { host: '127.0.0.1', port: mqtt }, ws: `ws://127.0.0.1:${ws}/ws`, stop });
    stops.unshift(stop);
  }
  return {
    nodes,
    stop: async () => {
      for (const stop of stops) await stop();
      epmd.kill();
      process.removeListener('exit', kill);
      await rm(folder, { recursive: true, force: true });
    },
  };
}
