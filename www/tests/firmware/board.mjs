// A board without hardware: the firmware on QEMU's RISC-V machine, as `cargo xtask test --only firmware` starts it.
// It sets FIRMWARE to the program, QEMU to qemu-system-riscv32, and XTASK to what makes a flash.

import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort } from '../harness.mjs';

/** The machine reaches this host under this address. */
export const hostAddress = '10.0.2.2';

/** SLIP's bytes: a frame begins and ends with the first. */
const [END, ESCAPE, ESCAPED_END, ESCAPED_ESCAPE] = [0xc0, 0xdb, 0xdc, 0xdd];

/** A board with these settings. Its flash stays when the power goes. */
export class Board {
  static async withSettings(settings) {
    const folder = await mkdtemp(join(tmpdir(), 'board-'));
    const board = new Board();
    board.folder = folder;
    board.flash = join(folder, 'flash.img');
    const file = join(folder, 'settings.json');
    await writeFile(file, JSON.stringify(settings));
    await promisify(execFile)(process.env.XTASK, ['firmware', 'flash', '--settings', file, '--out', board.flash]);
    return board;
  }

  /** Switches it on, and waits until it listens and has begun. */
  async start() {
    // The same again after a restart: who knows its address finds it there.
    const web = (this.port ??= await freePort());
    this.http = `http://127.0.0.1:${web}`;
    this.ws = `ws://127.0.0.1:${web}/mqtt`;
    this.log = '';
    this.frames = [];
    this.onframe = () => {};
    this.machine = spawn(
      process.env.QEMU,
      ['-M', 'virt', '-m', '32M', '-bios', 'none', '-display', 'none', '-serial', 'stdio']
        .concat(['-drive', `if=pflash,unit=0,format=raw,file=${this.flash}`])
        .concat(['-netdev', `user,id=net,hostfwd=tcp:127.0.0.1:${web}-:80`, '-device', 'virtio-net-device,netdev=net'])
        .concat(['-kernel', process.env.FIRMWARE]),
      { stdio: ['pipe', 'pipe', 'pipe'] },
    );
    this.onstart?.(this.machine);
    this.ended = once(this.machine, 'exit').then(([status]) => status);
    process.once('exit', () => this.machine.kill('SIGKILL'));
    this.machine.stderr.on('data', (text) => (this.log += text));
    let frame;
    this.machine.stdout.on('data', (bytes) => {
      for (const byte of bytes) {
        if (byte === END) {
          if (frame?.length) {
            this.onframe(String.fromCharCode(frame[0]), unescape(frame.slice(1)));
            frame = undefined;
          } else frame = [];
        } else if (frame) frame.push(byte);
        else this.log += String.fromCharCode(byte);
      }
    });
    await this.says('node: code for changes');
    await this.says('web: listening');
    return this;
  }

  /** Waits for a line of its log. */
  async says(text, from = 0) {
    const until = Date.now() + 60_000;
    // A line counts when it has its end.
    const line = () => this.log.slice(from).split('\n').slice(0, -1).find((line) => line.includes(text));
    while (!line()) {
      assert.ok(Date.now() < until, `the board does not say "${text}":\n${this.log}`);
      await new Promise((done) => setTimeout(done, 20));
    }
    return line();
  }

  /** The end of its serial line, for a cable. */
  plug() {
    const end = new EventEmitter();
    const pass = (bytes) => end.emit('data', bytes);
    this.machine.stdout.on('data', pass);
    end.write = (bytes) => this.machine.stdin.write(bytes);
    end.destroy = () => this.machine.stdout.off('data', pass);
    return end;
  }

  /** Types a line at its console. */
  type(line) {
    this.machine.stdin.write(`${line}\n`);
  }

  /** Sends a frame over its serial line. */
  sendFrame(letter, data = []) {
    const escaped = [...data].flatMap((byte) => {
      if (byte === END) return [ESCAPE, ESCAPED_END];
      return byte === ESCAPE ? [ESCAPE, ESCAPED_ESCAPE] : [byte];
    });
    this.machine.stdin.write(Buffer.from([END, letter.charCodeAt(0), ...escaped, END]));
  }

  /** Asks it over HTTP. It has few sockets: a request that finds none is made again, as long as the machine runs. */
  async ask(path, options) {
    const until = Date.now() + 60_000;
    for (;;) {
      try {
        return await fetch(`${this.http}${path}`, options);
      } catch (error) {
        if (this.machine.exitCode !== null || Date.now() > until) throw error;
        await new Promise((done) => setTimeout(done, 20));
      }
    }
  }

  async status() {
    return (await this.ask('/status')).json();
  }

  /** Waits until its status is so. */
  async is(so) {
    const until = Date.now() + 60_000;
    for (;;) {
      const status = await this.status();
      if (so(status)) return status;
      assert.ok(Date.now() < until, `the board's state is ${JSON.stringify(status)}:\n${this.log}`);
      await new Promise((done) => setTimeout(done, 50));
    }
  }

  /** Takes the power away: no goodbye. */
  async pull() {
    this.machine.kill('SIGKILL');
    await this.ended;
  }

  async remove() {
    await this.pull();
    await rm(this.folder, { recursive: true });
  }
}

function unescape(bytes) {
  const data = [];
  for (let at = 0; at < bytes.length; at += 1) {
    if (bytes[at] !== ESCAPE) data.push(bytes[at]);
    else data.push({ [ESCAPED_END]: END, [ESCAPED_ESCAPE]: ESCAPE }[bytes[(at += 1)]]);
  }
  return Buffer.from(data);
}
