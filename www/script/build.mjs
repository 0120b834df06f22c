// Makes the interpreter that interpreter.mjs needs out of the published one: Binaryen's asyncify pass over the finished
// binary, loops that count, and a board's memory in place of a computer's (binary.mjs). The same input gives the same output.
//
// usage: node build.mjs FOLDER   writes micropython.wasm and micropython.mjs there

import { execFileSync } from "node:child_process";
import { copyFile, mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { withFuel, withMemory } from "./binary.mjs";

/// The memory of a board in pages of 64 KiB, from first to last: half a megabyte for stack, data and the heap that it starts
/// with, and one for what its program keeps beyond that. An ESP32 without extra memory has about a tenth of it.
const MEMORY_PAGES = 25;

const require = createRequire(import.meta.url);
const runtime = require.resolve("@micropython/micropython-webassembly-pyscript/micropython.mjs");
const published = join(dirname(runtime), "micropython.wasm");
const optimizer = join(dirname(require.resolve("binaryen/package.json")), "bin", "wasm-opt");

const [folder] = process.argv.slice(2);
await mkdir(folder, { recursive: true });

// Where the interpreter may be left while it waits: calls into the host, and the calls of Emscripten's setjmp that lie between.
// Where it finds no more memory it is left, too, so that its garbage can be collected.
const imports = WebAssembly.Module.imports(await WebAssembly.compile(await readFile(published)));
const leaves = imports.filter(({ kind, name }) => kind === "function" && /^(?:invoke_.*|call[012n]|emscripten_resize_heap)$/.test(name));
const names = leaves.map(({ module, name }) => `${module}.${name}`).join(",");
const out = join(folder, "micropython.wasm");
// A build that is interrupted leaves nothing that looks finished.
const half = `${out}.part`;
execFileSync(process.execPath, [optimizer, published, "--asyncify", `--pass-arg=asyncify-imports@${names}`, "-Os", "-o", half], {
  stdio: ["ignore", "ignore", "inherit"],
});
await writeFile(half, withMemory(withFuel(await readFile(half)), MEMORY_PAGES));
await copyFile(runtime, join(folder, "micropython.mjs"));
await rename(half, out);
