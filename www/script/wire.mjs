// The other end of crates/device/src/script/wire.rs: turns are read, doings are written.

import { FILE_LINES } from "./marks.mjs";

const toHex = (bytes) => `x${Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")}`;
const textHex = (text) => toHex(new TextEncoder().encode(text));
const fromHex = (digits) => Uint8Array.from(digits.slice(1).match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
const hexText = (digits) => new TextDecoder().decode(fromHex(digits));

/// What a board is made from.
export function readSpec(text) {
  const [first, ...lines] = text.split("\n");
  const [, number, seed, cause, server, source] = first.split(" ");
  const files = new Map();
  const marks = new Map();
  for (const line of lines) {
    const [kind, name, contents] = line.split(" ");
    const path = hexText(name);
    if (kind === "marks") marks.set(path, Number(contents));
    else files.set(path, kind === "file" ? fromHex(contents) : kind);
  }
  return { number: Number(number), seed: Number(seed), cause: Number(cause), server: hexText(server), source: hexText(source), files, marks };
}

/// When a turn is, and what happens in it.
export function readTurn(text) {
  const [first, ...lines] = text.split("\n");
  const events = lines.map((line) => {
    const [kind, a, b, c, d] = line.split(" ");
    switch (kind) {
      case "network":
        return { kind, up: a === "1" };
      case "opened":
        return { kind, socket: Number(a) };
      case "refused":
        return { kind, socket: Number(a), errno: Number(b) };
      case "received":
        return { kind, socket: Number(a), bytes: fromHex(b) };
      case "closed":
        return { kind, socket: Number(a), read: Number(b), write: Number(c), loses: d === "1" };
      case "pin":
        return { kind, pin: Number(a), high: b === "1" };
      case "heat":
        return { kind, millidegrees: Number(a) };
      case "typed":
        return { kind, text: hexText(a) };
      default:
        return { kind };
    }
  });
  return { now: Number(first.split(" ")[1]), events };
}

/// A line, and which file it is one of if that is not main.py.
const writeLine = (line) => (line < FILE_LINES ? `${line}` : `${line % FILE_LINES} ${Math.floor(line / FILE_LINES)}`);

/// What a board did.
export function writeDoings({ out, until, isBusy, line, ended }) {
  const lines = out.map((deed) => {
    switch (deed.kind) {
      case "dial":
        return `dial ${deed.socket} ${deed.port} ${textHex(deed.host)}`;
      case "send":
        return `send ${deed.socket} ${toHex(deed.bytes)}`;
      case "read":
        return `read ${deed.socket} ${deed.count}`;
      case "lost":
        return `lost ${toHex(deed.bytes)}`;
      case "close":
      case "vanish":
        return `${deed.kind} ${deed.socket}`;
      case "at":
        return `at ${writeLine(deed.line)}`;
      case "store":
        if (typeof deed.contents === "string") return `${deed.contents} ${textHex(deed.path)}`;
        return `file ${textHex(deed.path)} ${toHex(deed.contents)}`;
      case "print":
      case "piece":
        return `${deed.kind} ${textHex(deed.text)}`;
      case "unjoined":
        return deed.kind;
      default:
        return `pin ${deed.pin} ${deed.high ? 1 : 0}`;
    }
  });
  lines.push(`line ${writeLine(line)}`);
  if (until !== null) lines.push(`until ${until}`);
  if (isBusy) lines.push("busy");
  if (ended !== null) {
    const more = ended.how === "asleep" ? ` ${ended.millis}` : ended.how === "failed" ? ` ${textHex(ended.text)}` : "";
    lines.push(`ended ${ended.how}${more}`);
  }
  return lines.join("\n");
}

/// What stands for doings where a board cannot go on.
export const writeFailure = (error) => `ended failed ${textHex(`${error}`)}`;
