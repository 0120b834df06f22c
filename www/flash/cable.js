// The cable: what the page does with a serial port. It moves bytes and says what came of it, in words that
// src/effects/serial.rs reads; what it means, and what the user is told, is the model's.
//
// esptool.js and the check sums beside this file are npm packages, put here by the page's build (crates/xtask, page.rs), and
// fetched when a board is there.

/** Boards: the chips' own USB, and the usual chips for USB on boards that have one. */
const FILTERS = [0x303a, 0x10c4, 0x1a86, 0x0403].map((usbVendorId) => ({ usbVendorId }));
/** The bootloader of the chips begins with this speed, and so does our program's console. */
const BAUD = 115200;
/** Bootloaders on a chip's own USB know no speed; the others are faster than they say. */
const FLASH_BAUD = 460800;
/** A board that starts again may be away from the bus for so long, in milliseconds. */
const AWAY_MAX = 8000;
/** A chip is held in its reset for so long, and what was said last has so long to go out, in milliseconds. */
const RESET = 200;

/** Something that is said to the user in the model's words. */
class Trouble extends Error {
  constructor(why, what = '') {
    super(why);
    this.why = why;
    this.what = what;
  }
}

const wait = (ms) => new Promise((done) => setTimeout(done, ms));
const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
/** A file beside this one. */
async function part(name) {
  try {
    return await import(new URL(name, import.meta.url).href);
  } catch {
    throw new Trouble('not-fetched', name);
  }
}

/** A cable; `tell(word, value)` hears what comes of it. */
export function cable(tell) {
  return new Cable(tell);
}

class Cable {
  #tell;
  #port = null;
  /** The flasher's session with the bootloader. */
  #loader = null;
  #transport = null;
  /** The bootloader waits in the middle of something. */
  #isUnsettled = false;
  #isStopping = false;
  #isLost = false;
  #reader = null;
  /** What is being sent: one piece after the other, because a port has one writer at a time. */
  #sending = Promise.resolve();
  /** Whatever is being done: one thing after the other. */
  #busy = Promise.resolve();

  constructor(tell) {
    this.#tell = tell;
    navigator.serial?.addEventListener?.('disconnect', (event) => {
      if (this.#port && (event.target === this.#port || event.port === this.#port)) this.#isLost = true;
    });
  }

  /** Says what the browser can do, and what firmware there is. */
  async look() {
    this.#tell('browser', { hasSerial: 'serial' in navigator, isSecure: isSecureContext });
    const manifest = await fetch('firmware/manifest.json', { cache: 'no-cache' }).catch(() => null);
    // A server may answer with the page itself.
    const isThere = manifest?.ok && !manifest.headers.get('content-type')?.includes('html');
    this.#tell('firmware', isThere ? await manifest.text() : null);
  }

  /** Lets the user choose a port, and asks the chip what it is. Called by a click: only that may ask for ports. */
  connect() {
    const asked = navigator.serial.requestPort({ filters: FILTERS });
    asked.catch(() => {});
    this.#run(async () => {
      // What was lost before this was another cable, or this one before it was plugged in again.
      this.#isLost = false;
      let port;
      try {
        port = await asked;
      } catch (error) {
        const why = { NotFoundError: 'no-port', SecurityError: 'no-permission', NotAllowedError: 'no-permission' };
        throw new Trouble(why[error.name] ?? 'other', error.message);
      }
      await this.#letGo();
      this.#port = port;
      await this.#enter();
    });
  }

  /** Writes parts, each with an offset and either bytes or a path and the check sum of the file there. */
  write(parts, erase) {
    this.#isStopping = false;
    this.#run(async () => {
      const fileArray = [];
      for (const { offset, bytes, path, sha256 } of parts) {
        fileArray.push({ data: bytes ?? (await this.#file(path, sha256)), address: offset });
      }
      if (this.#isUnsettled || !this.#loader) await this.#enter(true);
      const { md5 } = await part('legacy.js');
      this.#isUnsettled = true;
      if (erase) this.#tell('erasing', null);
      await this.#loader.writeFlash({
        fileArray,
        flashMode: 'keep',
        flashFreq: 'keep',
        flashSize: 'keep',
        eraseAll: erase,
        compress: true,
        calculateMD5Hash: (image) => hex(md5(image)),
        reportProgress: (part, done, total) => {
          if (this.#isStopping) throw new Trouble('stopped');
          this.#tell('wrote', { part, done, total });
        },
      });
      this.#isUnsettled = false;
      this.#tell('written', null);
    });
  }

  /** Stops writing, as soon as the bootloader has taken what it is being given. */
  stop() {
    this.#isStopping = true;
  }

  /** Starts the program, and listens to it. */
  run() {
    this.#run(async () => {
      if (this.#loader) {
        await this.#reset();
        await this.#leaveBootloader();
      }
      await this.#open(BAUD);
      this.#tell('running', null);
      this.#listen();
    });
  }

  /** Sends bytes to the program, one piece after the other. */
  send(bytes) {
    this.#sending = this.#sending.then(() => this.#write(bytes));
  }

  async #write(bytes) {
    const writer = this.#port?.writable?.getWriter();
    // What waited for a port that is gone is nobody's.
    if (!writer) return;
    try {
      await writer.write(bytes);
    } catch (error) {
      this.#fail(error);
    } finally {
      writer.releaseLock();
    }
  }

  /** Lets the port go. */
  close() {
    this.#run(() => this.#letGo());
  }

  /** Does one thing after the other, and tells of what fails. */
  #run(work) {
    this.#busy = this.#busy.then(work).catch((error) => this.#fail(error));
  }

  #fail(error) {
    const trouble = this.#isLost ? new Trouble('loose') : explained(error);
    if (trouble.why === 'loose') {
      this.#isLost = false;
      // What was open is gone; the browser only has to be told.
      this.#letGo().catch(() => {});
    }
    this.#tell('failed', { why: trouble.why, what: trouble.what });
  }

  /** Brings the chip into its bootloader and says what it is; `isAgain` if that is known. */
  async #enter(isAgain = false) {
    await this.#leaveBootloader();
    const { ESPLoader, Transport } = await part('esptool.js');
    const { usbVendorId: vendor = 0, usbProductId: product = 0 } = this.#port.getInfo();
    if (!isAgain) this.#tell('opened', { vendor, product });
    this.#transport = new Transport(this.#port, false);
    // What it traces it traces into the browser's console, and there is one on the page.
    this.#transport.trace = () => {};
    this.#transport.setDeviceLostCallback(() => (this.#isLost = true));
    const terminal = { clean() {}, write() {}, writeLine: (line) => this.#tell('said', line) };
    const loader = new ESPLoader({ transport: this.#transport, baudrate: FLASH_BAUD, terminal });
    const description = await loader.main('default_reset');
    this.#loader = loader;
    this.#isUnsettled = false;
    if (isAgain) return;
    const [mac, flash] = [await loader.chip.readMac(loader), await loader.detectFlashSize()];
    this.#tell('chip', { family: loader.chip.CHIP_NAME, description, mac, flash: flash ?? '' });
  }

  /** Starts the chip's program. The flasher's own way only lets the line go that holds a chip in its reset, and nobody holds it. */
  async #reset() {
    await this.#transport.setDTR(false);
    await this.#transport.setRTS(true);
    await wait(RESET);
    // A chip that is its own USB device can be gone by now.
    await this.#transport.setRTS(false).catch(() => {});
  }

  async #leaveBootloader() {
    const transport = this.#transport;
    [this.#loader, this.#transport] = [null, null];
    if (transport && this.#port?.readable) await transport.disconnect();
  }

  async #letGo() {
    // What was said last goes out first, unless nobody takes it.
    await Promise.race([this.#sending, wait(RESET)]);
    const reader = this.#reader;
    this.#reader = null;
    await reader?.cancel().catch(() => {});
    await this.#leaveBootloader().catch(() => {});
    if (this.#port?.readable) await this.#port.close().catch(() => {});
    this.#port = null;
  }

  /** Opens the port for the program. A chip that starts again can take its own USB off the bus and come back as a new port. */
  async #open(baudRate) {
    const { usbVendorId, usbProductId } = this.#port.getInfo();
    const isSame = (port) => {
      const info = port.getInfo();
      return info.usbVendorId === usbVendorId && info.usbProductId === usbProductId;
    };
    const until = Date.now() + AWAY_MAX;
    for (;;) {
      try {
        await this.#port.open({ baudRate });
        this.#isLost = false;
        return;
      } catch (error) {
        if (Date.now() > until) throw error;
        await wait(250);
        const ports = await navigator.serial.getPorts();
        this.#port = ports.find(isSame) ?? this.#port;
      }
    }
  }

  /** Passes on what comes, until the port is let go or lost. */
  async #listen() {
    const reader = this.#port.readable.getReader();
    this.#reader = reader;
    try {
      for (;;) {
        const { value, done } = await reader.read();
        if (done) break;
        this.#tell('heard', value);
      }
      if (this.#reader === reader) throw new Trouble('loose');
    } catch (error) {
      this.#reader = null;
      reader.releaseLock();
      this.#fail(error instanceof Trouble ? error : new Trouble('loose'));
      return;
    }
    reader.releaseLock();
  }

  /** A file of the firmware, if it is the one that the manifest speaks of. */
  async #file(path, sha256) {
    const name = path.split('/').pop();
    const answer = await fetch(path).catch(() => null);
    if (!answer?.ok) throw new Trouble('not-fetched', name);
    const bytes = new Uint8Array(await answer.arrayBuffer());
    const sum = hex(new Uint8Array(await crypto.subtle.digest('SHA-256', bytes)));
    if (sum !== sha256) throw new Trouble('damaged', name);
    return bytes;
  }
}

/** An error of the browser or of the flasher, in the model's words. */
function explained(error) {
  if (error instanceof Trouble) return error;
  const text = String(error?.message ?? error);
  if (/MD5 of file/.test(text)) return new Trouble('mismatch');
  if (/device has been lost/.test(text)) return new Trouble('loose');
  if (['NetworkError', 'InvalidStateError'].includes(error?.name)) return new Trouble('busy');
  if (['SecurityError', 'NotAllowedError'].includes(error?.name)) return new Trouble('no-permission');
  if (/Failed to connect|data stream stopped|No serial data|[Ii]nvalid (head|response)|timed? ?out/.test(text)) {
    return new Trouble('silent');
  }
  return new Trouble('other', text);
}
