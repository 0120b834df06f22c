// Many messages to a board and back through the broker in a page, in a real browser, over the board's own WebSocket, which is cut again and
// again. The board is a robot, whose console says how far it drives for each message: each says another way, and each is to be driven once.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect as dial } from 'node:net';
import { test } from 'node:test';
import { WebSocketServer } from 'ws';
import { open, withHub } from '../harness.mjs';
import { publish, seen } from '../live.mjs';
import { Board } from './board.mjs';

const on = withHub();

/** With THOROUGH set to anything it takes minutes. */
const [MESSAGES, CUTS] = process.env.THOROUGH ? [10_000, 20] : [500, 4];
/** So many are on their way at any time. */
const UNDER_WAY = 10;

/** What it gets it answers with the next number, and gets the answer too. */
const device = `scenario "A robot that drives on"
node broker broker
node robot-1 robot
  session kept
  keep-alive 30 s
  reconnect back-off 0.1 s to 0.5 s jitter 50 %
  subscribe "robot-1/go" qos 2
  on message "robot-1/go": publish "robot-1/go" "forward {n} m" qos 2
link robot-1 to broker
`;

/** A line to a board that can be cut. What the board says it is comes through without what it does: its twin in the page would drive on too,
 * and each would answer both. */
async function line(board) {
  const sockets = new Set();
  const quiet = device.replaceAll(/^ {2}(on|subscribe) .*\n/gm, '');
  const about = new WebSocketServer({ noServer: true, handleProtocols: ([first]) => first });
  const server = createServer();
  const line = { isOpen: true };
  server.on('upgrade', (request, near, head) => {
    if (!line.isOpen) return near.destroy();
    sockets.add(near);
    near.on('close', () => sockets.delete(near));
    near.on('error', () => {});
    if (request.url === '/device') {
      return about.handleUpgrade(request, near, head, (page) => page.send(quiet));
    }
    const far = dial(board.port, '127.0.0.1');
    far.on('error', () => {});
    far.on('close', () => near.destroy());
    near.on('close', () => far.destroy());
    const headers = request.rawHeaders.map((word, place) => word + (place % 2 ? '\r\n' : ': '));
    far.write(`GET ${request.url} HTTP/1.1\r\n${headers.join('')}\r\n`);
    far.write(head);
    near.pipe(far).pipe(near);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return Object.assign(line, {
    address: `127.0.0.1:${server.address().port}`,
    cut: () => sockets.forEach((socket) => socket.destroy()),
    close: () => server.close(),
  });
}

test(`${MESSAGES} messages exactly once through a page, across ${CUTS} cuts`, { timeout: 1_800_000 }, async (t) => {
  const board = await Board.withSettings({ broker: { by: 'page' }, device });
  // How often it drove each way; only whole metres are numbers.
  const drove = new Map();
  let driven = 0;
  let rest = '';
  board.onstart = (machine) =>
    machine.stdout.on('data', (bytes) => {
      const lines = (rest + bytes.toString('latin1')).split('\n');
      rest = lines.pop();
      for (const said of lines) {
        const way = said.match(/effect: drives (\d+) m\s*$/)?.[1];
        if (!way) continue;
        driven += 1;
        drove.set(Number(way), (drove.get(Number(way)) ?? 0) + 1);
      }
    });
  await board.start();
  const way = await line(board);
  t.after(async () => {
    way.close();
    way.cut();
    await board.remove();
  });
  const { page, close } = await open(on.browser, `${on.hub.http}#/esp32`);
  await page.getByRole('textbox', { name: 'Address of the board' }).fill(way.address);
  await page.getByRole('button', { name: 'Be its broker', exact: true }).click();
  await page.getByRole('button', { name: 'See it on the map', exact: true }).click({ timeout: 60_000 });
  // The page's own client has subscribed, and the board has.
  await seen(page, /SUBACK/, 2);
  // They wait in its session while it is away: the robot is not to drive before the last one is there.
  way.isOpen = false;
  way.cut();
  for (let started = 0; started < UNDER_WAY; started += 1) await publish(page, 'robot-1/go', 'forward 0.5 m', 2);
  // The run goes on, and nobody draws its ladder, which gets long.
  await page.goto(`${on.hub.http}#/esp32`);
  way.isOpen = true;
  const begun = Date.now();
  for (let cuts = 0; cuts < CUTS; cuts += 1) {
    const until = ((cuts + 0.5) * MESSAGES) / CUTS;
    while (driven < until) await once(board.machine.stdout, 'data');
    way.cut();
  }
  while (driven < MESSAGES) await once(board.machine.stdout, 'data');
  const seconds = (Date.now() - begun) / 1000;
  // What came twice would have come before these.
  const enough = driven + 10 * UNDER_WAY;
  while (driven < enough) await once(board.machine.stdout, 'data');
  assert.deepEqual([...drove].filter(([, times]) => times !== 1), [], 'ways that it drove twice');
  const ways = [...drove.keys()].sort((a, b) => a - b);
  // The last ones are still on their way.
  assert.deepEqual(ways.slice(0, MESSAGES), Array.from({ length: MESSAGES }, (_, index) => index + 1));
  const status = await board.status();
  assert.equal(status.given_up, 0);
  t.diagnostic(`${Math.round(MESSAGES / seconds)} messages/s in ${seconds.toFixed(1)} s, ${status.heap_free} bytes of heap free`);
  // What a browser says of sockets that were cut is no error of the page.
  page.errors = page.errors.filter((error) => !error.includes('WebSocket'));
  await close();
});
