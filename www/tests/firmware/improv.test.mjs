// A program that speaks Improv (improv-wifi.com/serial) brings a board into a network over its serial line.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { Board } from './board.mjs';

const [STATE, ERROR, REQUEST, RESULT] = [1, 2, 3, 4];
const [WIFI, ASK_STATE, ASK_ABOUT, ASK_NETWORKS] = [1, 2, 3, 4];
const MARK = Buffer.from('IMPROV\x01', 'latin1');

const text = (string) => [Buffer.byteLength(string), ...Buffer.from(string)];

/** A request, as the protocol writes it down. */
function request(command, data = []) {
  const packet = [...MARK, REQUEST, data.length + 2, command, data.length, ...data];
  return Buffer.from([...packet, packet.reduce((sum, byte) => sum + byte) & 0xff, 0x0a]);
}

/** The packets in what a board said: what kind, and their data; a result's are its command and its texts. */
function* packets(bytes) {
  for (let at = bytes.indexOf(MARK); at >= 0; at = bytes.indexOf(MARK, at + 1)) {
    const [kind, length] = bytes.subarray(at + MARK.length);
    const end = at + MARK.length + 2 + length;
    // The rest has not come yet, be it in the middle of the head.
    if (!(end < bytes.length)) return;
    assert.equal(bytes[end], bytes.subarray(at, end).reduce((sum, byte) => sum + byte) & 0xff, 'the check sum');
    const data = bytes.subarray(end - length, end);
    if (kind !== RESULT) {
      yield [kind, ...data];
      continue;
    }
    const texts = [];
    for (let place = 2; place < data.length; place += data[place] + 1) {
      texts.push(data.toString('utf8', place + 1, place + 1 + data[place]));
    }
    yield [kind, data[0], ...texts];
  }
}

test('a program brings a board into a network over its serial line', { timeout: 120_000 }, async () => {
  const device = 'scenario "x"\nnode b broker\nnode lamp-9 lamp\nlink lamp-9 to b\n';
  const board = await Board.withSettings({ broker: { by: 'page' }, device });
  // Bytes of this start of the board.
  let heard = Buffer.alloc(0);
  board.onstart = (machine) => {
    heard = Buffer.alloc(0);
    machine.stdout.on('data', (bytes) => (heard = Buffer.concat([heard, bytes])));
  };
  const said = async (count) => {
    while ([...packets(heard)].length < count) await once(board.machine.stdout, 'data');
    const found = [...packets(heard)];
    heard = Buffer.alloc(0);
    return found;
  };
  const ask = (command, data, count = 1) => {
    board.machine.stdin.write(request(command, data));
    return said(count);
  };
  try {
    await board.start();
    const [, [, , url]] = await ask(ASK_STATE, [], 2);
    assert.match(url, /^http:\/\/10\.0\.2\.\d+\/$/);
    const [[, , firmware, version, chip, name]] = await ask(ASK_ABOUT);
    assert.deepEqual([firmware, chip, name], ['MQTT Playground', 'RV32 (QEMU)', 'lamp-9']);
    assert.match(version, /^\d+\.\d+\.\d+$/);
    assert.deepEqual(await ask(ASK_NETWORKS), [[RESULT, ASK_NETWORKS]]);
    // What it cannot do, and what no network is called. Lengths of 10 and 13 are no ends of lines.
    assert.deepEqual(await ask(99), [[ERROR, 2]]);
    assert.deepEqual(await ask(WIFI, [...text('ten bytes!'), ...text('short')]), [[ERROR, 1]]);
    assert.deepEqual(await ask(WIFI, [...text('thirteen byte'), ...text('opensesame')]), [[STATE, 3]]);
    // The machine ends when its node starts again; whoever has asked is told then what became of it.
    assert.equal(await board.ended, 75);
    const { log } = board;
    await board.start();
    assert.deepEqual((await said(2)).slice(0, 2), [[STATE, 4], [RESULT, WIFI, url]]);
    assert.deepEqual((await (await board.ask('/settings')).json()).wifi, { ssid: 'thirteen byte' });
    assert.doesNotMatch(log + board.log, /opensesame/);
  } finally {
    await board.remove();
  }
});
