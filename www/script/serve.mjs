// Boards for another process: a line in, a line out. Tabs stand for the ends of lines inside of a message.
//
// usage: node serve.mjs MICROPYTHON.MJS ASYNCIFIED.WASM COUNT
// in:  `<board> board …` or `<board> turn …` as wire.mjs has them
// out: `ready` once, then an empty line for a board that begins, and doings for a turn
//
// What cannot be read ends its board, and not the others.

import { readFile } from "node:fs/promises";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";
import { Board, Image } from "./board.mjs";
import { modules } from "./load.mjs";
import { readSpec, readTurn, writeDoings, writeFailure } from "./wire.mjs";

const [runtime, binary, count] = process.argv.slice(2);
const { default: create } = await import(pathToFileURL(runtime).href);
const module = await WebAssembly.compile(await readFile(binary));
const files = await modules((path) => readFile(new URL(path, import.meta.url), "utf8"));
const image = await Image.boot(create, module, files);
const boards = [];
for (let index = 0; index < Number(count); index += 1) boards.push(await Board.make(image));
process.stdout.write("ready\n");

for await (const line of createInterface({ input: process.stdin })) {
  const at = line.indexOf(" ");
  const board = boards[Number(line.slice(0, at))];
  const text = line.slice(at + 1).replaceAll("\t", "\n");
  let answer = "";
  try {
    if (text.startsWith("board")) board.reset(readSpec(text));
    else answer = writeDoings(board.turn(readTurn(text))).replaceAll("\n", "\t");
  } catch (error) {
    answer = writeFailure(error);
  }
  process.stdout.write(`${answer}\n`);
}
