// Changes a finished WebAssembly binary: a board's memory in place of a computer's, and fuel for its loops.

const SECTION = { import: 2, memory: 5, global: 6, export: 7, code: 10 };
const OP = { block: 0x02, loop: 0x03, if: 0x04, end: 0x0b, call: 0x10, callIndirect: 0x11 };
const GLOBAL = 3;
const I32 = 0x7f;

/// The name of the exported global that every turn of a loop counts down, and that traps below 0.
export const FUEL = "fuel";
/// What a turn takes of it: one that calls does more than one that does not.
const TURN = 1;
const CALLING_TURN = 32;

/// A reader of what the binary format is made of.
class Reader {
  constructor(bytes, at = 0) {
    Object.assign(this, { bytes, at });
  }

  byte() {
    return this.bytes[this.at++];
  }

  number() {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.byte();
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value >>> 0;
    }
  }

  skip(numbers) {
    for (let left = numbers; left > 0; left -= 1) while (this.byte() >= 0x80);
  }

  take(length) {
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }
}

function written(value) {
  const bytes = [];
  for (let left = value >>> 0; ; left >>>= 7) {
    if (left < 0x80) return Uint8Array.of(...bytes, left);
    bytes.push((left & 0x7f) | 0x80);
  }
}

const joined = (...parts) => new Uint8Array(Buffer.concat(parts));
const sized = (contents) => joined(written(contents.length), contents);

/// The sections of a module, behind its magic number and its version.
function sections(binary) {
  const reader = new Reader(binary, 8);
  const found = [];
  while (reader.at < binary.length) {
    const id = reader.byte();
    found.push({ id, contents: reader.take(reader.number()) });
  }
  return found;
}

function module(binary, found) {
  return joined(binary.subarray(0, 8), ...found.map(({ id, contents }) => joined(Uint8Array.of(id), sized(contents))));
}

function changed(binary, changes) {
  const found = sections(binary);
  for (const [id, change] of changes) {
    const section = found.find((it) => it.id === id);
    if (!section) throw new Error(`this module has no section ${id}`);
    section.contents = change(section.contents);
  }
  return module(binary, found);
}

/// The module with so many pages of memory and no way to get more.
export function withMemory(binary, pages) {
  // One memory, which has a greatest size.
  const memory = joined(Uint8Array.of(1, 1), written(pages), written(pages));
  return changed(binary, [[SECTION.memory, () => memory]]);
}

/// The module with a global that every turn of a loop counts down. What is not given more in time traps.
export function withFuel(binary) {
  const imported = WebAssembly.Module.imports(new WebAssembly.Module(binary)).filter(({ kind }) => kind === "global").length;
  const globals = sections(binary).find(({ id }) => id === SECTION.global);
  if (!globals) throw new Error("this module has no globals");
  const fuel = imported + new Reader(globals.contents).number();
  return changed(binary, [
    // A number that can be changed, and is 0 at first: `i32.const 0`.
    [SECTION.global, (contents) => withOneMore(contents, Uint8Array.of(I32, 1, 0x41, 0, 0x0b))],
    [SECTION.export, (contents) => withOneMore(contents, joined(sized(new TextEncoder().encode(FUEL)), Uint8Array.of(GLOBAL), written(fuel)))],
    [SECTION.code, (contents) => withCounting(contents, fuel)],
  ]);
}

/// A list with one more element.
function withOneMore(contents, element) {
  const reader = new Reader(contents);
  const count = reader.number();
  return joined(written(count + 1), contents.subarray(reader.at), element);
}

/// Functions that count in each of their loops.
function withCounting(contents, fuel) {
  const global = written(fuel);
  const bytes = (...values) => Uint8Array.from(values);
  // fuel = fuel - cost; if fuel < 0: unreachable. Both costs are numbers of one byte.
  const count = (cost) =>
    joined(
      bytes(0x23), global, bytes(0x41, cost, 0x6b, 0x24), global,
      bytes(0x23), global, bytes(0x41, 0, 0x48, 0x04, 0x40, 0x00, 0x0b),
    );
  const reader = new Reader(contents);
  const functions = reader.number();
  const out = [written(functions)];
  for (let index = 0; index < functions; index += 1) {
    const body = reader.take(reader.number());
    const pieces = [];
    let from = 0;
    for (const { at, calls } of loops(body)) {
      pieces.push(body.subarray(from, at), count(calls ? CALLING_TURN : TURN));
      from = at;
    }
    out.push(sized(joined(...pieces, body.subarray(from))));
  }
  return joined(...out);
}

/// The places in a function at which its loops begin, and whether they call anything.
function loops(body) {
  const reader = new Reader(body);
  for (let groups = reader.number(); groups > 0; groups -= 1) {
    reader.skip(1);
    reader.byte();
  }
  const found = [];
  const open = [];
  while (reader.at < body.length) {
    const op = reader.byte();
    pass(reader, op);
    if (op >= OP.block && op <= OP.if) open.push(op === OP.loop ? { at: reader.at, calls: false } : null);
    if (op === OP.loop) found.push(open.at(-1));
    if (op === OP.end) open.pop();
    if (op === OP.call || op === OP.callIndirect) for (const loop of open) if (loop !== null) loop.calls = true;
  }
  return found;
}

/// Goes behind what belongs to an instruction: https://webassembly.github.io/spec/core/binary/instructions.html
function pass(reader, op) {
  if (op >= OP.block && op <= OP.if) return reader.skip(1);
  if (op === 0x0e) return reader.skip(reader.number() + 1);
  if (op === 0x1c) return reader.skip(reader.number());
  // br, br_if, call, locals, globals, tables, memory.size and memory.grow, constants, references.
  if ([0x0c, 0x0d, 0x10, 0x3f, 0x40, 0x41, 0x42, 0xd0, 0xd2].includes(op) || (op >= 0x20 && op <= 0x26)) return reader.skip(1);
  // call_indirect, loads and stores.
  if (op === 0x11 || (op >= 0x28 && op <= 0x3e)) return reader.skip(2);
  if (op === 0x43) return reader.take(4);
  if (op === 0x44) return reader.take(8);
  if (op === 0xfc) {
    const more = reader.number();
    if (more < 8) return null;
    return reader.skip([8, 10, 12, 14].includes(more) ? 2 : 1);
  }
  // Those that stand for themselves: control, parametric and numeric instructions.
  if ([0x00, 0x01, 0x05, 0x0b, 0x0f, 0x1a, 0x1b, 0xd1].includes(op) || (op >= 0x45 && op <= 0xc4)) return null;
  throw new Error(`an instruction that is not known: ${op.toString(16)}`);
}
