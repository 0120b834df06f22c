// Marks the statements of a Python program with their line numbers, without moving a line: `x = 1` in line 7 becomes
// `_mark(-7);x = 1`. A traceback of the marked program names the same lines as one of the program itself.
//
// This is no parser: it knows strings, brackets, comments and continued lines, no more. What it leaves unmarked is harmless:
// headers of blocks, decorators, whatever follows a semicolon. A program that does not compile does not compile marked either.

const COMPOUND = /^(?:if|elif|else|while|for|try|except|finally|with|def|class|async|@)(?![A-Za-z0-9_])|^@/;
const OPEN = "([{";
const CLOSE = ")]}";

/// No file has more lines than a mark has room for: behind them it says which file it stands in.
export const FILE_LINES = 1 << 16;

/// The program with its marks. `file` is 0 for main.py, and counts the files that the board came with.
export function marked(source, file = 0) {
  const lines = source.split("\n");
  const out = [];
  let at = { depth: 0, quote: "", continued: false };
  for (const [index, line] of lines.entries()) {
    const begins = at.depth === 0 && at.quote === "" && !at.continued;
    const mark = `_mark(-${FILE_LINES * file + index + 1});`;
    const walk = follow(line, at);
    at = walk.at;
    const indent = line.length - line.trimStart().length;
    const rest = line.slice(indent);
    if (!begins || rest === "" || rest.startsWith("#") || rest === "\r") out.push(line);
    else if (!COMPOUND.test(rest)) out.push(line.slice(0, indent) + mark + rest);
    else if (walk.suite !== null) out.push(line.slice(0, walk.suite) + mark + line.slice(walk.suite).trimStart());
    else out.push(line);
  }
  return out.join("\n");
}

/// Where a line leaves off, and where the statement behind its first colon begins, if one does.
function follow(line, { depth, quote }) {
  let suite = null;
  let colon = -1;
  let continued = false;
  for (let at = 0; at < line.length; at += 1) {
    const rest = line.slice(at);
    if (quote !== "") {
      if (rest[0] === "\\") at += 1;
      else if (rest.startsWith(quote)) {
        at += quote.length - 1;
        quote = "";
      }
      if (at >= line.length) continued = false;
      continue;
    }
    if (rest[0] === "#") break;
    if (colon >= 0 && suite === null && !/\s/.test(rest[0])) suite = at;
    if (rest.startsWith('"""') || rest.startsWith("'''")) {
      quote = rest.slice(0, 3);
      at += 2;
    } else if (rest[0] === '"' || rest[0] === "'") quote = rest[0];
    else if (OPEN.includes(rest[0])) depth += 1;
    else if (CLOSE.includes(rest[0])) depth = Math.max(0, depth - 1);
    else if (rest[0] === ":" && depth === 0 && colon < 0) colon = at;
    else if (rest[0] === "\\" && /^\\\r?$/.test(rest)) continued = true;
  }
  // A string of one line ends with it, unless its last character says otherwise.
  if (quote.length === 1) {
    if (/\\\r?$/.test(line)) continued = true;
    else quote = "";
  }
  return { at: { depth, quote, continued }, suite };
}
