// MicroPython as a coroutine: it runs until the program waits for the world, and goes on when it is told to.
//
// The interpreter is the published WebAssembly build, untouched but for Binaryen's asyncify pass over the finished binary
// (build.mjs). A call into the host that has no answer yet unwinds the interpreter's stack into a buffer; going on winds it
// up again and asks anew. No worker, no promise, no special header is needed, and the same answers give the same run.
//
// Every loop of the interpreter counts its turns (binary.mjs): what turns too often before it asks the host for anything would
// stop the page with the board, and is stopped instead.
//
// Not here: what the calls mean (board.mjs), and time.

import { FUEL } from "./binary.mjs";
import { Files, withErrors } from "./files.mjs";

/// The room for an unwound stack, in bytes. A program that recurses deeper than this while it waits cannot go on.
const UNWOUND_MAX_BYTES = 64 * 1024;
/// What the interpreter's own stack of frames holds, in words.
const PYSTACK_WORDS = 2 * 1024;
/// The heap that it starts with, in bytes: about what a board has.
const HEAP_BYTES = 128 * 1024;
/// So much may loops take between two calls of the host (binary.mjs): some tenths of a second.
const FUEL_MAX = 60_000_000;
/// Reading a program takes so much more for each of its bytes, and one from a file as if it had so many.
const FUEL_PER_BYTE = 10_000;
const FILE_BYTES = 64 * 1024;
/// What a host call returns to say: no answer yet.
export const LATER = Symbol("later");

// How the port writes a Python object for its host: kinds of js_ffi's `proxy_c`.
const KIND = { exception: -1, null: 1, boolean: 2, integer: 3, double: 4, callable: 6, jsProxy: 7 };
/// The reference that the port gives to the one host object that it knows.
const HOST_REFERENCE = 2;

/// A loop has turned too often, without a call of the host.
export class Endless extends Error {}

/// What the port's table of error names has, and what an ESP32 has for the same names.
const ERRORS = [1, 2, 5, 9, 11, 12, 13, 17, 19, 21, 22, 95, 98, 103, 104, 105, 107, 110, 111, 113, 114, 115];
const ESP32_ERRORS = new Map([[98, 112], [103, 113], [107, 128], [110, 116], [113, 118], [114, 120], [115, 119]]);

/// An interpreter with the modules of a board loaded, to be copied for every board: loading them takes longer than a copy.
export class Image {
  /// `create` is the default export of micropython.mjs, `module` the compiled asyncified binary, `files` maps the paths of
  /// modules to their text.
  static async boot(create, module, files) {
    const image = new Image();
    Object.assign(image, { create, module });
    const first = await Interpreter.instantiate(image);
    for (const [path, text] of Object.entries(files)) first.files.put(path, new TextEncoder().encode(text));
    await first.boot(Object.keys(files));
    image.memory = first.memory.slice();
    image.stack = first.wasm.emscripten_stack_get_current();
    image.places = first.places;
    image.files = first.files.all();
    return image;
  }
}

export class Interpreter {
  static async instantiate(image) {
    const it = new Interpreter();
    it.image = image;
    it.host = () => null;
    it.put = () => {};
    it.random = () => 0;
    const put = (byte) => it.put(byte & 255);
    it.runtime = await image.create({
      stdout: put,
      stderr: put,
      instantiateWasm(info, done) {
        const imports = withErrors(info, () => it.refuel(FILE_BYTES));
        const instance = new WebAssembly.Instance(image.module, {
          ...imports,
          env: { ...imports.env, ...it.imports() },
        });
        it.wasm = instance.exports;
        done(instance, image.module);
        return it.wasm;
      },
    });
    it.files = new Files(it.runtime.FS);
    return it;
  }

  /// A copy of the image's interpreter, at the same place.
  static async of(image) {
    const it = await Interpreter.instantiate(image);
    it.restore();
    return it;
  }

  /// Goes back to where the image was taken: memory, stack and files. `files` are those of the board beyond the image's, by
  /// path: bytes, "folder" or "gone"; `program` is its main.py, and `marked` are files with marks.
  restore(files = new Map(), program = new Uint8Array(), marked = new Map()) {
    const { image } = this;
    this.memory.set(image.memory);
    // It may have been left in the middle, by an error.
    if (this.wasm.asyncify_get_state() === 1) this.wasm.asyncify_stop_unwind();
    if (this.wasm.asyncify_get_state() === 2) this.wasm.asyncify_stop_rewind();
    this.wasm._emscripten_stack_restore(image.stack);
    this.places = image.places;
    Object.assign(this, { isWaiting: false, isRunning: false, isNested: false, isPause: false });
    this.files.restore(image.files, files, program, marked);
  }

  get memory() {
    return new Uint8Array(this.wasm.memory.buffer);
  }

  get words() {
    return new Int32Array(this.wasm.memory.buffer);
  }

  bytes(address, length) {
    return new Uint8Array(this.wasm.memory.buffer, address, length);
  }

  imports() {
    const argument = (at) => {
      const kind = this.words[at >> 2];
      if (kind === KIND.integer || kind === KIND.boolean) return this.words[(at >> 2) + 1];
      if (kind === KIND.double) return new DataView(this.wasm.memory.buffer).getFloat64(at + 4, true);
      // Something that can be called is known by a reference.
      return kind === KIND.callable ? this.words[(at >> 2) + 1] : null;
    };
    const call = (values, out) => {
      if (this.wasm.asyncify_get_state() === 2) this.wasm.asyncify_stop_rewind();
      this.refuel();
      this.isPause = this.isRunning && !this.isNested && this.hasGarbage();
      const answer = this.isPause ? LATER : this.isNested ? 0 : this.host(values);
      if (answer === LATER) {
        this.wasm.asyncify_start_unwind(this.places.unwound);
        return;
      }
      this.words[out >> 2] = answer === null ? KIND.null : KIND.integer;
      if (answer !== null) this.words[(out >> 2) + 1] = answer | 0;
    };
    return {
      call0: (_function, out) => call([], out),
      call1: (_function, _via, a, out) => call([argument(a)], out),
      call2: (_function, _via, a, b, out) => call([argument(a), argument(b)], out),
      calln: (_function, _via, count, first, out) =>
        call(Array.from({ length: count }, (_, index) => argument(first + 12 * index)), out),
      // A board has as much memory as build.mjs gives it. What wants more is left for its garbage to be collected: the port
      // does not look again for room, but MemoryError has some.
      emscripten_resize_heap: () => {
        if (this.wasm.asyncify_get_state() === 2) this.wasm.asyncify_stop_rewind();
        else if (this.isRunning && !this.isNested) {
          this.isPause = true;
          this.wasm.asyncify_start_unwind(this.places.unwound);
        }
        return 0;
      },
      mp_js_ticks_ms: () => 0,
      mp_js_time_ms: () => 0,
      mp_js_random_u32: () => this.random() >>> 0,
      proxy_js_free_obj() {},
      lookup_attr: () => 0,
      has_attr: () => 0,
    };
  }

  text(string) {
    const encoded = new TextEncoder().encode(string);
    const address = this.wasm.malloc(encoded.length + 1);
    this.bytes(address, encoded.length + 1).set([...encoded, 0]);
    return { address, length: encoded.length };
  }

  /// Loads the modules, each by itself: whoever watches the page meanwhile does not wait for all of them at once.
  async boot(paths) {
    this.refuel();
    this.nameErrors();
    this.wasm.mp_js_init(PYSTACK_WORDS, HEAP_BYTES);
    this.wasm.proxy_c_init();
    const result = this.wasm.malloc(12);
    this.words[result >> 2] = KIND.jsProxy;
    this.words[(result >> 2) + 1] = HOST_REFERENCE;
    this.wasm.mp_js_register_js_module(this.text("_host").address, result);
    const unwound = this.wasm.malloc(UNWOUND_MAX_BYTES + 8);
    this.places = {
      result,
      unwound,
      nothing: this.text(""),
      other: this.wasm.malloc(12),
      run: this.text("_board._run()"),
      boot: this.text("_board._boot()"),
      typed: this.text("_board._typed()"),
      idle: this.text("_board._idle()"),
      revive: this.text("_board._revive()"),
    };
    const load = (text) => {
      const failed = this.execute(this.text(text));
      if (failed) throw new Error(failed);
    };
    load("import sys\nsys.path.append('/lib')\nimport _board");
    for (const path of paths) {
      await new Promise((done) => setTimeout(done));
      load(`_board._load("${path.replace("/lib/", "").replace(".py", "").replaceAll("/", ".")}")`);
    }
    this.findDepth();
    this.findGarbage();
    // This one is called for nothing but the port's look at the garbage behind every call, and needs no memory.
    this.execute(this.text("import gc, _host\n_host(98, gc.isenabled)"), (values) => {
      if (values[0] === 98) this.places.idler = values[1];
      return null;
    });
    this.execute(this.text("import uctypes\n_roots = bytearray(96 * 1024)\nimport _host\n_host(99, uctypes.addressof(_roots), len(_roots))"), (values) => {
      if (values[0] === 99) Object.assign(this.places, { roots: values[1], rootsLength: values[2] });
      return null;
    });
  }

  /// Runs a text to its end, with this host. Returns what it raises.
  execute({ address, length }, host = () => null) {
    const before = this.host;
    this.host = host;
    const raised = this.go(address, length);
    this.host = before;
    return raised;
  }

  go(address, length) {
    const { result, unwound } = this.places;
    this.refuel();
    for (;;) {
      try {
        this.wasm.mp_js_do_exec(address, length, result);
      } catch (error) {
        throw this.wasm[FUEL].value <= 0 ? new Endless() : error;
      }
      if (this.wasm.asyncify_get_state() !== 1) break;
      this.wasm.asyncify_stop_unwind();
      this.isWaiting = !this.isPause;
      if (this.isWaiting) return null;
      // It was left only for its garbage to be collected.
      this.collect();
      this.isPause = false;
      this.wasm.asyncify_start_rewind(unwound);
    }
    this.isWaiting = false;
    if (this.words[result >> 2] !== KIND.exception) return null;
    const message = this.bytes(this.words[(result >> 2) + 2], this.words[(result >> 2) + 1]).slice();
    return new TextDecoder().decode(message).replace("\x04", ": ");
  }

  /// Runs the program of the board until it waits. What escapes from it is returned.
  start(entry = this.places.run) {
    const { unwound } = this.places;
    this.entry = entry;
    this.isRunning = true;
    this.words[unwound >> 2] = unwound + 8;
    this.words[(unwound >> 2) + 1] = unwound + 8 + UNWOUND_MAX_BYTES;
    return this.go(entry.address, entry.length);
  }

  /// Gives it what reading a program of so many bytes takes.
  refuel(bytes = 0) {
    this.wasm[FUEL].value = FUEL_MAX + FUEL_PER_BYTE * bytes;
  }

  /// Has KeyboardInterrupt raised where the program goes on.
  interrupt() {
    this.wasm.mp_sched_keyboard_interrupt();
  }

  /// Goes on where the program waits: its call is made again.
  resume() {
    this.wasm.asyncify_start_rewind(this.places.unwound);
    return this.go(this.entry.address, this.entry.length);
  }

  /// Runs a text of the board's own in the middle of a call of the host, which is not asked for anything meanwhile.
  nested({ address, length }) {
    this.isNested = true;
    this.wasm.mp_js_do_exec(address, length, this.places.other);
    this.isNested = false;
  }

  /// Gives the port's names of errors the numbers of an ESP32: they stand in two tables, of names by number and numbers by name.
  nameErrors() {
    // A small integer is written with a bit behind it.
    const written = (number) => 2 * number + 1;
    const { words } = this;
    let tables = 0;
    for (let at = 0; at + 2 * ERRORS.length < words.length; at += 1) {
      if (!ERRORS.every((number, index) => words[at + 2 * index] === written(number))) continue;
      tables += 1;
      for (const [index, number] of ERRORS.entries()) words[at + 2 * index] = written(ESP32_ERRORS.get(number) ?? number);
    }
    if (tables !== 2) throw new Error(`${tables} tables of errors: this is another MicroPython`);
  }

  /// The port collects garbage only while nothing runs, which a counter of its own says: this is the word that reads 0, 1
  /// and 2 as calls are nested. No export names it.
  findDepth() {
    const words = 1 << 16;
    const seen = [this.words.slice(0, words)];
    const nested = this.text("import _host\n_host(0)");
    const look = () => {
      seen.push(this.words.slice(0, words));
      if (seen.length === 2) this.wasm.mp_js_do_exec(nested.address, nested.length, this.places.other);
      return null;
    };
    this.execute(nested, look);
    const found = [];
    for (let at = 0; at < words; at += 1) {
      if (seen[0][at] === 0 && seen[1]?.[at] === 1 && seen[2]?.[at] === 2) found.push(at);
    }
    if (found.length !== 1) throw new Error(`${found.length} counters of calls: this is another MicroPython`);
    this.places.depth = found[0];
  }

  /// Finds where the port notes that garbage should be collected: it does so itself only when a program ends.
  findGarbage() {
    const bytes = 1 << 18;
    const seen = [];
    const look = () => {
      seen.push(this.memory.slice(0, bytes));
      return null;
    };
    const noted = this.text("import gc, _host\n_host(0)\ngc._note()\n_host(0)");
    for (let time = 0; time < 2; time += 1) {
      this.execute(noted, look);
      this.execute(this.places.nothing);
    }
    const found = [];
    for (let at = 0; at < bytes; at += 1) {
      if (seen.every((it, index) => it[at] === index % 2)) found.push(at);
    }
    if (found.length !== 1) throw new Error(`${found.length} notes of garbage: this is another MicroPython`);
    this.places.garbage = found[0];
  }

  /// Whether so much was made since the last time that it should be looked for what nobody needs.
  hasGarbage() {
    return this.memory[this.places.garbage] !== 0;
  }

  /// Collects garbage while the program waits: what its unwound stack refers to is shown to the collector as the contents
  /// of a Python object.
  collect() {
    const { unwound, roots, rootsLength, depth, idler, other, garbage } = this.places;
    const top = this.wasm.emscripten_stack_get_current();
    const stack = this.wasm.emscripten_stack_get_base() - top;
    const kept = this.words[unwound >> 2] - unwound - 8;
    if (kept + stack + 4 <= rootsLength) {
      const place = this.bytes(roots, rootsLength);
      place.fill(0);
      place.set(this.bytes(unwound + 8, kept));
      place.set(this.bytes(top, stack), (kept + 3) & ~3);
      const before = this.words[depth];
      this.words[depth] = 0;
      this.memory[garbage] = 1;
      this.wasm.proxy_c_to_js_call(idler, 0, 0, other);
      this.words[depth] = before;
    }
    // A stack that is too deep is looked at the next time.
    this.memory[garbage] = 0;
  }
}
