// MicroPython as a coroutine: it runs until the program waits for the world, and goes on when it is told to.
//
// The interpreter is the published WebAssembly build, untouched but for Binaryen's asyncify pass over the finished binary
// (build.mjs). A call into the host that has no answer yet unwinds the interpreter's stack into a buffer; going on winds it
// up again and asks anew. No worker, no promise, no special header is needed, and the same answers give the same run.
//
// Not here: what the calls mean (board.mjs), and time.

/// The room for an unwound stack, in bytes. A program that recurses deeper than this while it waits cannot go on.
const UNWOUND_MAX_BYTES = 64 * 1024;
/// What the interpreter's own stack of frames holds, in words.
const PYSTACK_WORDS = 2 * 1024;
/// The heap that it starts with, in bytes: about what a board has.
const HEAP_BYTES = 128 * 1024;
/// After so many waits its garbage is collected. By itself it collects only when a program ends.
const COLLECT_EVERY_WAITS = 100;
/// What a host call returns to say: no answer yet.
export const LATER = Symbol("later");

// How the port writes a Python object for its host: kinds of js_ffi's `proxy_c`.
const KIND = { exception: -1, null: 1, boolean: 2, integer: 3, double: 4, jsProxy: 7 };
/// The reference that the port gives to the one host object that it knows.
const HOST_REFERENCE = 2;

/// An interpreter with the modules of a board loaded, to be copied for every board: loading them takes longer than a copy.
export class Image {
  /// `create` is the default export of micropython.mjs, `module` the compiled asyncified binary, `files` maps the paths of
  /// modules to their text.
  static async boot(create, module, files) {
    const image = new Image();
    Object.assign(image, { create, module, files });
    const first = await Interpreter.instantiate(image);
    await first.boot();
    image.memory = first.memory.slice();
    image.stack = first.wasm.emscripten_stack_get_current();
    image.places = first.places;
    return image;
  }
}

export class Interpreter {
  static async instantiate(image) {
    const it = new Interpreter();
    it.image = image;
    it.line = [];
    it.waits = 0;
    it.host = () => null;
    it.print = () => {};
    it.random = () => 0;
    const text = new TextDecoder();
    const put = (byte) => {
      if (byte !== 10) return it.line.push(byte & 255);
      it.print(text.decode(new Uint8Array(it.line)));
      it.line = [];
    };
    it.runtime = await image.create({
      stdout: put,
      stderr: put,
      instantiateWasm(info, done) {
        const instance = new WebAssembly.Instance(image.module, {
          ...info,
          env: { ...info.env, ...it.imports() },
        });
        it.wasm = instance.exports;
        done(instance, image.module);
        return it.wasm;
      },
    });
    for (const [path, source] of Object.entries(image.files)) {
      const folders = path.split("/").slice(1, -1);
      folders.reduce((parent, name) => {
        const folder = `${parent}/${name}`;
        if (!it.runtime.FS.analyzePath(folder).exists) it.runtime.FS.mkdir(folder);
        return folder;
      }, "");
      it.runtime.FS.writeFile(path, source);
    }
    return it;
  }

  /// A copy of the image's interpreter, at the same place.
  static async of(image) {
    const it = await Interpreter.instantiate(image);
    it.restore();
    return it;
  }

  /// Goes back to where the image was taken: memory, stack and files.
  restore() {
    const { image } = this;
    this.memory.set(image.memory);
    this.wasm._emscripten_stack_restore(image.stack);
    this.places = image.places;
    Object.assign(this, { isWaiting: false, line: [], waits: 0 });
    const { FS } = this.runtime;
    for (const name of FS.readdir("/")) {
      const path = `/${name}`;
      if (FS.isFile(FS.stat(path).mode)) FS.unlink(path);
    }
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
      return null;
    };
    const call = (values, out) => {
      if (this.wasm.asyncify_get_state() === 2) this.wasm.asyncify_stop_rewind();
      const answer = this.isCollecting ? null : this.host(values);
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
      // A board has as much memory as build.mjs gives it.
      emscripten_resize_heap: () => 0,
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
  async boot() {
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
      typed: this.text("_board._typed()"),
    };
    const load = (text) => {
      const failed = this.execute(this.text(text));
      if (failed) throw new Error(failed);
    };
    load("import sys\nsys.path.append('/lib')\nimport _board");
    for (const path of Object.keys(this.image.files)) {
      await new Promise((done) => setTimeout(done));
      load(`_board._load("${path.replace("/lib/", "").replace(".py", "").replaceAll("/", ".")}")`);
    }
    this.findDepth();
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
    const { result } = this.places;
    this.wasm.mp_js_do_exec(address, length, result);
    if (this.wasm.asyncify_get_state() === 1) {
      this.wasm.asyncify_stop_unwind();
      this.isWaiting = true;
      return null;
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
    this.words[unwound >> 2] = unwound + 8;
    this.words[(unwound >> 2) + 1] = unwound + 8 + UNWOUND_MAX_BYTES;
    return this.go(entry.address, entry.length);
  }

  /// Has KeyboardInterrupt raised where the program goes on.
  interrupt() {
    this.wasm.mp_sched_keyboard_interrupt();
  }

  /// Goes on where the program waits: its call is made again.
  resume() {
    if ((this.waits += 1) % COLLECT_EVERY_WAITS === 0) this.collect();
    this.wasm.asyncify_start_rewind(this.places.unwound);
    return this.go(this.entry.address, this.entry.length);
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
    this.places.depth = found[0];
    this.places.depthCandidates = found.length;
  }

  /// Collects garbage while the program waits: what its unwound stack refers to is shown to the collector as the contents
  /// of a Python object.
  collect() {
    const { unwound, roots, rootsLength, depth, nothing, other } = this.places;
    if (depth === undefined || roots === undefined) return;
    const top = this.wasm.emscripten_stack_get_current();
    const stack = this.wasm.emscripten_stack_get_base() - top;
    const kept = this.words[unwound >> 2] - unwound - 8;
    if (kept + stack + 4 > rootsLength) return;
    const place = this.bytes(roots, rootsLength);
    place.fill(0);
    place.set(this.bytes(unwound + 8, kept));
    place.set(this.bytes(top, stack), (kept + 3) & ~3);
    const before = this.words[depth];
    this.words[depth] = 0;
    this.isCollecting = true;
    this.wasm.mp_js_do_exec(nothing.address, nothing.length, other);
    this.isCollecting = false;
    this.words[depth] = before;
  }
}
