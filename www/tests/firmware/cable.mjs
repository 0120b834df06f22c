// A serial port that is none: what the page writes to it goes over a WebSocket to this process and on to whatever plays the
// board, a mock of the chips' bootloader or the console of an emulated machine.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { WebSocketServer } from 'ws';

/** Plays the bootloader of a chip. It keeps its flash for as long as it runs. */
export class Bootloader {
  static async of(chip) {
    // It hangs up 3 s after the first part of an image was written; a chip does not, and a slow machine needs longer.
    const patient = 'from esp32_mock_bootloader import cli, server; server._FLASH_END_IDLE_SEC = 600; cli.main()';
    const words = ['-c', patient, 'run', '--chip', chip, '--port', '0', '--timeout', '600'];
    const bootloader = new Bootloader();
    bootloader.process = spawn(join(process.env.FLASHER, 'python'), words);
    process.once('exit', () => bootloader.process.kill('SIGKILL'));
    const lines = [];
    for (const stream of [bootloader.process.stdout, bootloader.process.stderr]) {
      createInterface(stream).on('line', (line) => lines.push(line));
    }
    const until = Date.now() + 30_000;
    for (;;) {
      const port = lines.map((line) => line.match(/(?:127\.0\.0\.1:|port\D*)(\d{4,5})/i)?.[1]).find(Boolean);
      if (port) {
        bootloader.port = Number(port);
        return bootloader;
      }
      if (Date.now() > until) throw new Error(`the bootloader does not say where it listens: ${lines.join('\n')}`);
      await new Promise((done) => setTimeout(done, 50));
    }
  }

  /** Where bytes go. */
  plug() {
    return connect(this.port, '127.0.0.1');
  }

  end() {
    this.process.kill('SIGKILL');
  }
}

/** The cable between a page and whatever is plugged into it: something with `plug()`. */
export class Cable {
  static async to(board) {
    const cable = new Cable();
    cable.board = board;
    cable.sockets = new Set();
    cable.server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
    await once(cable.server, 'listening');
    cable.server.on('connection', (page) => {
      cable.sockets.add(page);
      // A port that is closed and opened again finds the board as it was.
      cable.end ??= cable.plug();
      page.on('message', (bytes, isBinary) => {
        if (isBinary) return cable.end.write(bytes);
        cable.end.destroy();
        cable.end = cable.plug();
      });
      page.on('close', () => cable.sockets.delete(page));
    });
    return cable;
  }

  get url() {
    return `ws://127.0.0.1:${this.server.address().port}/`;
  }

  plug() {
    const end = this.board.plug();
    end.on('error', () => {});
    end.on('data', (bytes) => this.sockets.forEach((page) => page.send(bytes)));
    return end;
  }

  /** It comes loose, and the board loses its power; it can be plugged in again. */
  pull() {
    for (const socket of this.sockets) socket.terminate();
    this.end?.destroy();
    this.end = undefined;
  }

  close() {
    this.pull();
    this.server.close();
  }
}

/**
 * Gives a page this cable instead of the browser's ports. Runs in the page, before anything else. There `fault` can make
 * opening fail, `slow` is what a write takes, in milliseconds, and `usb` can be the ids of another maker's USB chip.
 */
export function fakePorts(url) {
  const serial = new EventTarget();
  class Port extends EventTarget {
    getInfo() {
      return window.usb ?? { usbVendorId: 0x303a, usbProductId: 0x1001 };
    }
    async open() {
      if (window.fault === 'busy') throw new DOMException('Failed to open serial port.', 'NetworkError');
      const socket = new WebSocket(url);
      socket.binaryType = 'arraybuffer';
      await new Promise((done, failed) => {
        socket.onopen = done;
        socket.onerror = () => failed(new DOMException('Failed to open serial port.', 'NetworkError'));
      });
      const port = this;
      this.socket = socket;
      this.readable = new ReadableStream({
        start(controller) {
          socket.onmessage = ({ data }) => controller.enqueue(new Uint8Array(data));
          socket.onclose = () => {
            controller.error(new DOMException('The device has been lost.', 'NetworkError'));
            port.readable = port.writable = null;
            serial.dispatchEvent(Object.assign(new Event('disconnect'), { port }));
          };
        },
      });
      this.writable = new WritableStream({
        async write(bytes) {
          if (window.slow) await new Promise((done) => setTimeout(done, window.slow));
          if (socket.readyState !== WebSocket.OPEN) throw new DOMException('The device has been lost.', 'NetworkError');
          socket.send(bytes);
        },
      });
    }
    async close() {
      this.socket.onclose = null;
      this.socket.close();
      this.readable = this.writable = null;
    }
    /** The line that resets a board. */
    async setSignals({ requestToSend }) {
      if (requestToSend && !this.isReset) this.socket.send('reset');
      this.isReset = requestToSend ?? this.isReset;
    }
    async getSignals() {
      return {};
    }
  }
  const port = new Port();
  serial.requestPort = async () => {
    if (window.fault === 'no port') throw new DOMException('No port selected by the user.', 'NotFoundError');
    if (window.fault === 'no permission') throw new DOMException('Access denied.', 'SecurityError');
    return port;
  };
  serial.getPorts = async () => [port];
  Object.defineProperty(navigator, 'serial', { value: serial });
}
