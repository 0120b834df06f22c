// A virtual board that runs MicroPython: what the calls of its modules (lib/) mean, as far as the board itself knows.
//
// A board knows no world. It is told what happens and when (`turn`), and says what it does and how long it waits. The same
// turns give the same doings. Times are whole microseconds since the start of the run.

import { Endless, Image, Interpreter, LATER } from "./interpreter.mjs";
import { marked } from "./marks.mjs";

export { Image };

/// Assumed: so many times in a millisecond the interpreter looks for work, which it does at calls and at the end of loops.
const EDGES_PER_MS = 100;
/// It does not look for work in a callback, and not any more once that went wrong at the end of its stack. After so many calls
/// without a look, each call is one.
const CALLS_UNSEEN_MAX = 64;
/// After so many it is made to look again, and then after ten times as many.
const REVIVE_AFTER = 1_000;
/// A call that looks and finds nothing takes so long, in microseconds.
const GLANCE = 1_000;
/// Assumed: joining a Wi-Fi takes so long, in microseconds.
const JOINING = 1_500_000;
/// Assumed: the other end says so long after the first bytes that it does not know the connection, in microseconds.
const ANSWER = 40_000;
/// What clocks count to before they begin anew: MicroPython's TICKS_PERIOD.
const TICKS = 0x3fff_ffff;
/// A line that is printed is cut here, and after so many in a turn the rest is left out.
const LINE_MAX_CHARS = 1_000;
const LINES_PER_TURN_MAX = 200;
const NEWLINE = 10;
/// What a board runs before main.py, if it has it.
const BOOT = "/boot.py";
const TRACEBACK = "Traceback (most recent call last):";

/// Numbers of lwIP, as the ESP32 has them.
const ERRNO = { again: 11, bad: 9, reset: 104, aborted: 113, timedOut: 116, unreachable: 118, inProgress: 119, notConnected: 128 };
/// A call is left for what interrupts have left to do, and made again.
const WORK = -2_000;
/// getaddrinfo: no such name. It is raised as OSError(-202).
const NO_NAME = -(1000 + 202);

/// What a failure of the interpreter itself means, where it is known.
const FAILURES = [
  // It leaves its own calls by throwing this, and nobody was there any more to catch it.
  [(error) => error === Infinity, "no memory is left, not even to say so"],
  [(error) => error instanceof RangeError, "the interpreter's own calls lie too deep in each other"],
];

const POLL = { in: 1, out: 4, error: 8, hangUp: 16 };

export class Board {
  /// A board that can be started again and again, without waiting: making one takes a while.
  static async make(image) {
    const board = new Board();
    board.interpreter = await Interpreter.of(image);
    board.interpreter.put = (byte) => board.put(byte);
    board.interpreter.host = (values) => board.call(values);
    return board;
  }

  /// Begins anew, as if nothing had ever happened. `number` is the board's own: its address, and the end of its unique id.
  /// `server` is the broker's name at the other end of its link. `cause` says why it starts, as `machine.reset_cause()` does.
  /// `files` are those on its flash, by path, beyond its own modules; `marks` numbers those of them whose lines are told.
  reset({ source, number, seed, server, cause, files, marks = new Map() }) {
    const read = (path) => new TextDecoder().decode(files.get(path));
    const write = (text) => new TextEncoder().encode(text);
    const shown = [...marks].map(([path, file]) => [path, write(marked(read(path), file))]);
    this.interpreter.restore(files, write(source), new Map(shown));
    const boot = files.get(BOOT);
    const main = write(marked(source));
    let state = (seed ^ 0x9e3779b9) >>> 0 || 1;
    this.interpreter.random = () => {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      return (state >>>= 0);
    };
    Object.assign(this, {
      main,
      boot: boot instanceof Uint8Array ? (new Map(shown).get(BOOT) ?? boot) : null,
      source: main,
      // A board without Python files of its own begins with main.py at once.
      entry: [...files].some(([path, it]) => path.endsWith(".py") && it instanceof Uint8Array) ? "boot" : "run",
      number,
      server,
      cause,
      now: 0,
      edges: 0,
      unseen: 0,
      reviveAt: REVIVE_AFTER,
      line: 0,
      told: 0,
      printed: 0,
      ended: null,
      news: null,
      outcome: "done",
      isTyped: false,
      typed: [],
      printing: [],
      isInLine: false,
      head: null,
      isInterrupted: false,
      out: [],
      sockets: new Map(),
      nextSocket: 3,
      names: [],
      armed: [],
      wait: null,
      again: null,
      deadlines: new Map(),
      sleeps: 0,
      network: true,
      station: { active: false, asked: false, from: 0 },
      pins: new Map(),
      pulls: new Map(),
      watched: false,
      alarm: -1,
      watchdog: null,
      senses: { temperature: 20_000, humidity: 50_000, analog: 2_048 },
    });
  }

  /// What happens at `now`: a list of events, in order. Returns what the board does, and until when it waits (`null`: for
  /// whatever comes).
  turn({ now, events }) {
    Object.assign(this, { now, out: [], printed: 0, news: null });
    try {
      this.run(events);
      if (this.isOn() && this.watchdog !== null && now >= this.watchdog.at) this.end("watchdog");
    } catch (error) {
      // Nothing of it goes on: the next program begins with a fresh copy.
      if (error instanceof Endless) this.end("endless");
      else this.end("failed", FAILURES.find(([is]) => is(error))?.[1] ?? `${error}`);
    }
    if (!this.wait?.isBusy) this.showPiece();
    // What is printed after the end of a program begins a line.
    if (this.news !== null && this.news.how !== "typed") this.isInLine = false;
    for (const [path, contents] of this.interpreter.files.news()) this.out.push({ kind: "store", path, contents });
    return { out: this.out, until: this.until(), isBusy: this.wait?.isBusy ?? false, line: this.line, ended: this.news };
  }

  run(events) {
    for (const event of events) this.take(event);
    if (this.ended === null) {
      if (events.some(({ kind }) => kind === "start")) this.finish(this.interpreter.start(this.interpreter.places[this.entry]));
      else if (this.interpreter.isWaiting && this.isDue()) this.finish(this.interpreter.resume());
    }
    while (this.hasPrompt() && this.typed.length > 0) this.runTyped(this.typed.shift());
    // Timers and pins have their callbacks called at the prompt, too.
    if (this.hasPrompt() && this.hasWork()) {
      Object.assign(this, { ended: null, isTyped: true });
      this.finish(this.interpreter.start(this.interpreter.places.idle));
    }
  }

  take(event) {
    const socket = this.sockets.get(event.socket);
    switch (event.kind) {
      case "network":
        this.network = event.up;
        if (event.up) this.station.from = this.now + JOINING;
        break;
      case "opened":
        if (socket) socket.state = "open";
        break;
      case "refused":
        if (socket) Object.assign(socket, { state: "failed", error: event.errno });
        break;
      case "received":
        if (socket) for (const byte of event.bytes) socket.unread.push(byte);
        break;
      case "closed":
        // What reads and writes find from now on is the world's to say.
        if (socket) Object.assign(socket, { state: "closed", read: event.read, write: event.write, loses: event.loses });
        break;
      case "pin":
        this.pins.set(event.pin, event.high ? 1 : 0);
        break;
      case "heat":
        this.senses.temperature = event.millidegrees;
        break;
      case "typed":
        this.typed.push(event.text);
        break;
      case "interrupt":
        if (this.ended !== null || !this.interpreter.isWaiting) break;
        this.isInterrupted = true;
        this.interpreter.interrupt();
        break;
    }
  }

  finish(raised) {
    if (raised !== null && this.isTyped) raised.split("\n").forEach((line) => this.print(line));
    else if (raised !== null) return this.end("failed", raised);
    if (!this.interpreter.isWaiting && this.ended === null) this.end(this.isTyped ? "typed" : this.outcome);
  }

  /// Whether the program is over and the interpreter is not.
  hasPrompt() {
    return this.ended !== null && !this.interpreter.isWaiting && ["done", "raised", "memory", "typed"].includes(this.ended.how);
  }

  /// Whether its processor runs.
  isOn() {
    return this.ended === null || this.hasPrompt();
  }

  /// Runs what was typed, and shows it first, as a terminal does.
  runTyped(text) {
    if (this.isInLine || this.printing.length > 0) this.endLine();
    text.split("\n").forEach((line, index) => this.print(`${index === 0 ? ">>>" : "..."} ${line}`));
    Object.assign(this, { ended: null, isTyped: true, line: 0, source: new TextEncoder().encode(text) });
    this.finish(this.interpreter.start(this.interpreter.places.typed));
  }

  end(how, text = null) {
    this.ended = this.news = { how, text };
    this.wait = this.again = null;
  }

  /// Says what the board does, and where in the program that is done if it is elsewhere than the last.
  does(deed) {
    if (this.line !== this.told) {
      this.told = this.line;
      this.out.push({ kind: "at", line: this.line });
    }
    this.out.push(deed);
  }

  put(byte) {
    if (byte === NEWLINE) return this.endLine();
    // Of what is longer than anything that is shown, the end is left out.
    if (this.printing.length < 4 * LINE_MAX_CHARS) this.printing.push(byte);
  }

  /// Ends a line.
  endLine() {
    this.print(this.printingText());
  }

  /// Shows what was printed so far of a line: it goes on later.
  showPiece() {
    if (this.printing.length === 0) return;
    this.show("piece", this.printingText());
    this.isInLine = true;
  }

  printingText() {
    const bytes = Uint8Array.from(this.printing);
    this.printing = [];
    return new TextDecoder().decode(bytes);
  }

  print(line) {
    // What goes on with a line is shown whatever it is.
    const isShown = this.isInLine || this.isShown(line);
    this.isInLine = false;
    if (isShown) this.show("print", line);
  }

  show(kind, line) {
    if ((this.printed += 1) > LINES_PER_TURN_MAX) return;
    const text = this.printed === LINES_PER_TURN_MAX ? "… and more" : line.slice(0, LINE_MAX_CHARS);
    this.does({ kind, text });
  }

  /// Whether a line is one that a real board shows: it has modules inside that are files here, and they stand in no traceback.
  isShown(line) {
    const [, path] = /^ {2}File "([^"]*)"/.exec(line) ?? [];
    const isInside = path !== undefined && this.interpreter.files.isInside(path);
    const { head } = this;
    this.head = null;
    if (line === TRACEBACK) {
      this.head = line;
      return false;
    }
    if (isInside) {
      this.head = head;
      return false;
    }
    if (head === null) return true;
    // The clockwork of _board.py finds no room on the stack of a program that is told so itself.
    if (path === undefined && line.startsWith("RuntimeError: maximum recursion")) return false;
    this.does({ kind: "print", text: head });
    return true;
  }

  // Waiting.

  until() {
    if (!this.isOn()) return null;
    const times = [this.wait?.until ?? null, this.watchdog?.at ?? null];
    if ((this.wait?.alarms ?? true) && this.alarm >= 0) times.push(this.alarm * 1_000);
    const some = times.filter((time) => time !== null);
    return some.length === 0 ? null : Math.max(this.now, Math.min(...some));
  }

  isDue() {
    const { wait } = this;
    if (wait === null) return false;
    if (this.isInterrupted) return true;
    if (wait.until !== null && this.now >= wait.until) return true;
    if (wait.alarms && this.hasWork()) return true;
    return wait.isOver?.() ?? false;
  }

  hasWork() {
    return this.watched || (this.alarm >= 0 && this.now >= this.alarm * 1_000);
  }

  /// Waits for `isOver`, but no longer than `span` microseconds (`null`: for ever). The same call is made again when the
  /// board goes on, and then answered: whether it is over, or WORK if an alarm has come first.
  await(span, isOver = null, alarms = false) {
    if (this.wait === null) {
      if (isOver?.()) {
        this.again = null;
        return true;
      }
      const until = this.again === null ? (span === null ? null : this.now + span) : this.again.until;
      this.again = null;
      this.wait = { until, isOver, alarms };
      return LATER;
    }
    if (!this.isDue()) return LATER;
    const { wait } = this;
    this.wait = null;
    const over = !this.isInterrupted && (isOver?.() ?? false);
    const isLate = wait.until !== null && this.now >= wait.until;
    if (alarms && !over && !isLate && !this.isInterrupted && this.hasWork()) {
      this.again = { until: wait.until };
      return WORK;
    }
    this.isInterrupted = false;
    return over;
  }

  /// Keeps until when the call that was left waits, while what interrupts left to do is done: a callback can wait itself.
  keepDeadline() {
    const token = this.deadlines.size + 1;
    this.deadlines.set(token, this.again);
    this.again = null;
    return token;
  }

  takeDeadline(token) {
    this.again = this.deadlines.get(token) ?? null;
    this.deadlines.delete(token);
    return 0;
  }

  /// An answer that takes a moment to get.
  glance(answer) {
    return this.await(GLANCE) === LATER ? LATER : answer();
  }

  // The calls of the modules in lib/.

  call([op = 0, a, b, c, d, e]) {
    if (this.ended !== null) return LATER;
    if (op < 0) this.line = -op;
    if (op !== 0 && !this.mayGoOn()) return LATER;
    if (op < 0) return 0;
    switch (op) {
      case 0:
        return this.edge();
      case 1:
        return this.sleep(a);
      case 2:
        return this.sleeps > this.now ? 1 : 0;
      case 3:
        return [this.now & TICKS, Math.floor(this.now / 1_000) & TICKS, Math.floor(this.now / 1_000_000)][a];
      case 10:
        return this.resolve(this.string(a, b));
      case 11:
        return this.open();
      case 12:
        return this.connect(a, this.string(b, c), d, e);
      case 13:
        return this.receive(a, b, c, d);
      case 14:
        return this.send(a, b, c);
      case 15:
        return this.close(a);
      case 16:
        this.armed.push([a, b]);
        return 0;
      case 17:
        return this.poll(a);
      case 18:
        return this.readiness(a, b);
      case 20:
        if (a >= 0) this.activate(a === 1);
        return this.station.active ? 1 : 0;
      case 21:
        Object.assign(this.station, { asked: true, from: this.now + JOINING });
        return 0;
      case 22:
        this.station.asked = false;
        this.leaveNetwork();
        return 0;
      case 23:
        return this.isJoined() ? 1 : this.glance(() => (this.isJoined() ? 1 : 0));
      case 24:
        return this.number;
      case 25:
        return this.station.asked ? 1 : 0;
      case 30:
        return this.pin(a, b);
      case 31:
        return this.senses.analog;
      case 32:
        this.alarm = a;
        return 0;
      case 33:
        this.watchdog = { at: this.now + a * 1_000 };
        return 0;
      case 34:
        this.end(a === 1 ? "soft-reset" : "reset");
        return LATER;
      case 35:
        this.end("asleep");
        this.ended.millis = a;
        return LATER;
      case 36:
        return this.cause;
      case 37:
        return this.senses.temperature;
      case 38:
        return this.senses.humidity;
      case 39:
        this.watched = a === 1;
        return 0;
      case 40:
        this.pulls.set(a, b);
        return 0;
      case 45:
        return this.keepDeadline();
      case 46:
        return this.takeDeadline(a);
      case 91:
        return this.source.length;
      case 92:
        this.interpreter.bytes(a, this.source.length).set(this.source);
        this.interpreter.refuel(this.source.length);
        return 0;
      case 93:
        this.outcome = ["done", "memory", "raised"][a - 1];
        return 0;
      case 94:
        this.source = a === 1 ? (this.boot ?? new Uint8Array()) : this.main;
        return a === 1 && this.boot === null ? 0 : 1;
      case 96:
        return this.interpreter.files.hasModule(this.string(a, b)) ? 1 : 0;
      case 97:
        this.interpreter.files.importing += a;
        return 0;
      default:
        return null;
    }
  }

  string(address, length) {
    return new TextDecoder().decode(this.interpreter.bytes(address, length).slice());
  }

  /// Whether a call is answered now: one among many without a look for work takes its time first.
  mayGoOn() {
    if (this.wait !== null) {
      if (!this.wait.isToll) return true;
      if (!this.isDue()) return false;
      this.wait = null;
      this.isInterrupted = false;
      return true;
    }
    this.unseen += 1;
    if (this.unseen <= CALLS_UNSEEN_MAX) return true;
    if (this.unseen >= this.reviveAt) {
      this.reviveAt *= 10;
      this.interpreter.nested(this.interpreter.places.revive);
    }
    if ((this.edges += 1) < EDGES_PER_MS) return true;
    this.edges = 0;
    this.wait = { until: this.now + 1_000, isOver: null, alarms: false, isBusy: true, isToll: true };
    return false;
  }

  edge() {
    Object.assign(this, { unseen: 0, reviveAt: REVIVE_AFTER });
    if (this.wait === null) {
      this.edges += 1;
      if (this.edges < EDGES_PER_MS) return 0;
      this.edges = 0;
    }
    const { isInterrupted } = this;
    const answer = this.await(1_000);
    if (answer !== LATER) return !isInterrupted && this.hasWork() ? 1 : 0;
    this.wait.isBusy = true;
    return LATER;
  }

  sleep(micros) {
    if (this.wait === null && micros >= 0) this.sleeps = this.now + micros;
    const left = Math.max(0, this.sleeps - this.now);
    return this.await(left, null, true) === LATER ? LATER : 0;
  }

  // Sockets.

  resolve(host) {
    // An address needs nobody to look it up.
    if (!this.isJoined() && !/^\d+\.\d+\.\d+\.\d+$/.test(host)) {
      this.does({ kind: "unjoined" });
      return NO_NAME;
    }
    // A dotted name stands for some server in the net: the board's link leads to the one that is there.
    // Capitals make no other name.
    const isServer = host.toLowerCase() === this.server.toLowerCase();
    const name = isServer ? this.server : host.toLowerCase();
    if (!host.includes(".") && !isServer && name !== "localhost") return NO_NAME;
    const known = this.names.indexOf(name);
    if (known >= 0) return known;
    this.names.push(name);
    return this.names.length - 1;
  }

  open() {
    const number = this.nextSocket;
    this.nextSocket += 1;
    this.sockets.set(number, { state: "new", unread: [] });
    return number;
  }

  connect(number, address, port, timeout) {
    const socket = this.sockets.get(number);
    if (!socket) return -ERRNO.bad;
    if (!this.isJoined()) return -ERRNO.unreachable;
    if (socket.state === "new") {
      const [a, b, high, low] = address.split(".").map(Number);
      const host = a === 10 && b === 255 ? (this.names[256 * high + low] ?? address) : address;
      // That is the board itself, where nobody listens.
      if (a === 127 || host === "localhost") return -ERRNO.reset;
      socket.state = "opening";
      this.does({ kind: "dial", socket: number, host, port });
    }
    if (timeout === 0) return -ERRNO.inProgress;
    const span = timeout < 0 ? null : timeout * 1_000;
    const over = this.await(span, () => socket.state !== "opening", true);
    if (over === LATER || over === WORK) return over;
    if (!over) return -ERRNO.timedOut;
    return socket.state === "failed" ? -socket.error : 0;
  }

  receive(number, address, most, timeout) {
    const socket = this.sockets.get(number);
    if (!socket || socket.state === "shut") return -ERRNO.bad;
    if (socket.state === "new") return -ERRNO.notConnected;
    if (socket.state === "failed") return -socket.error;
    const hasNews = () => socket.unread.length > 0 || !["open", "opening"].includes(socket.state);
    const span = timeout < 0 ? null : timeout === 0 ? GLANCE : timeout * 1_000;
    const over = this.await(span, hasNews, timeout !== 0);
    if (over === LATER || over === WORK) return over;
    if (!over) return timeout === 0 ? -ERRNO.again : -ERRNO.timedOut;
    if (socket.unread.length === 0) return socket.read > 0 ? -socket.read : 0;
    const count = Math.min(most, socket.unread.length);
    this.interpreter.bytes(address, count).set(socket.unread.splice(0, count));
    const last = this.out.at(-1);
    if (last?.kind === "read" && last.socket === number) last.count += count;
    else this.out.push({ kind: "read", socket: number, count });
    return count;
  }

  send(number, address, length) {
    const socket = this.sockets.get(number);
    if (!socket || socket.state === "shut") return -ERRNO.bad;
    if (socket.state === "new") return -ERRNO.notConnected;
    if (socket.state === "opening") return -ERRNO.inProgress;
    if (socket.state === "failed") return -socket.error;
    const bytes = [...this.interpreter.bytes(address, length)];
    if (socket.state !== "open") {
      if (socket.loses) socket.resetAt ??= this.now + ANSWER;
      if (!socket.loses || this.now >= socket.resetAt) {
        socket.read = socket.write;
        return -socket.write;
      }
      this.does({ kind: "lost", socket: number, bytes });
      return length;
    }
    this.does({ kind: "send", socket: number, bytes });
    return length;
  }

  close(number) {
    const socket = this.sockets.get(number);
    if (!socket) return 0;
    if (socket.state === "open" || socket.state === "opening") this.does({ kind: "close", socket: number });
    socket.state = "shut";
    this.sockets.delete(number);
    return 0;
  }

  poll(timeout) {
    const span = timeout < 0 ? null : Math.max(GLANCE, timeout * 1_000);
    const over = this.await(span, () => this.armed.some(([number, wanted]) => this.readiness(number, wanted) !== 0), true);
    if (over === LATER) return LATER;
    this.armed = [];
    return over === WORK ? WORK : over ? 1 : 0;
  }

  readiness(number, wanted) {
    const socket = this.sockets.get(number);
    if (!socket) return POLL.error;
    let is = 0;
    if (wanted & POLL.in && (socket.unread.length > 0 || socket.state === "closed")) is |= POLL.in;
    if (wanted & POLL.out && (socket.state === "open" || socket.state === "closed")) is |= POLL.out;
    if (socket.state === "failed") is |= POLL.error | POLL.hangUp;
    return is;
  }

  /// The radio off forgets the network that it was told to join.
  activate(active) {
    this.station.active = active;
    if (active) return;
    this.station.asked = false;
    this.leaveNetwork();
  }

  /// What is connected is aborted, and the other end hears nothing of it.
  leaveNetwork() {
    for (const [number, socket] of this.sockets) {
      if (socket.state !== "open" && socket.state !== "opening") continue;
      Object.assign(socket, { state: "closed", read: ERRNO.aborted, write: ERRNO.aborted, loses: false });
      this.does({ kind: "vanish", socket: number });
    }
  }

  isJoined() {
    const { active, asked, from } = this.station;
    return active && asked && this.network && this.now >= from;
  }

  pin(number, value) {
    const was = this.pins.get(number) ?? 0;
    if (value < 0) return this.pins.get(number) ?? this.pulls.get(number) ?? 0;
    this.pins.set(number, value);
    if (value !== was) this.does({ kind: "pin", pin: number, high: value === 1 });
    return 0;
  }
}
