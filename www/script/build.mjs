// Makes the interpreter that interpreter.mjs needs out of the published one: Binaryen's asyncify pass over the finished
// binary, and a board's memory in place of a computer's. The same input gives the same output.
//
// usage: node build.mjs FOLDER   writes micropython.wasm and micropython.mjs there

import { execFileSync } from "node:child_process";
import { copyFile, mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

/// The memory of a board in pages of 64 KiB, from first to last: half a megabyte for stack, data and the heap that it starts
/// with, and one for what its program keeps beyond that. An ESP32 has less, but smaller objects too.
const MEMORY_PAGES = 25;

const require = createRequire(import.meta.url);
const runtime = require.resolve("@micropython/micropython-webassembly-pyscript/micropython.mjs");
const published = join(dirname(runtime), "micropython.wasm");
const optimizer = join(dirname(require.resolve("binaryen/package.json")), "bin", "wasm-opt");

const [folder] = process.argv.slice(2);
await mkdir(folder, { recursive: true });

// Where the interpreter may be left while it waits: calls into the host, and the calls of Emscripten's setjmp that lie between.
const imports = WebAssembly.Module.imports(await WebAssembly.compile(await readFile(published)));
const leaves = imports.filter(({ kind, name }) => kind === "function" && /^(?:invoke_.*|call[012n])$/.test(name));
const names = leaves.map(({ module, name }) => `${module}.${name}`).join(",");
const out = join(folder, "micropython.wasm");
// A build that is interrupted leaves nothing that looks finished.
const half = `${out}.part`;
execFileSync(process.execPath, [optimizer, published, "--asyncify", `--pass-arg=asyncify-imports@${names}`, "-Os", "-o", half], {
  stdio: ["ignore", "ignore", "inherit"],
});
await writeFile(half, withMemory(await readFile(half), MEMORY_PAGES));
await copyFile(runtime, join(folder, "micropython.mjs"));
await rename(half, out);

/// The module with so many pages of memory, which are fewer than 128, and no way to get more.
function withMemory(binary, pages) {
  const MEMORY_SECTION = 5;
  // Behind the magic number and the version come sections: kind, length, contents.
  for (let start = 8; start < binary.length; ) {
    let [length, begin] = [0, start + 1];
    for (let shift = 0; ; shift += 7) {
      const byte = binary[begin++];
      length |= (byte & 0x7f) << shift;
      if (byte < 0x80) break;
    }
    const end = begin + length;
    if (binary[start] === MEMORY_SECTION) {
      // One memory, which has a greatest size.
      const section = [MEMORY_SECTION, 4, 1, 1, pages, pages];
      return Buffer.concat([binary.subarray(0, start), Buffer.from(section), binary.subarray(end)]);
    }
    start = end;
  }
  throw new Error("this module has no memory of its own");
}
