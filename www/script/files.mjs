// The files of a board: Emscripten's file system in memory, which a board has by itself from the first of its starts on.

/// What the flash of a board holds at most beyond its own modules, and what a file or folder takes beyond its contents, in bytes.
const BYTES_MAX = 128 * 1024;
const ENTRY_BYTES = 1024;
/// Where files are with marks for the lines of their statements: they are read in the place of those that are imported.
const MARKED = "/.marked";
/// What is no file of a board, and what is there by itself.
const FOREIGN = ["/dev", "/proc", MARKED];
const MAIN = "/main.py";
/// Where the board's own modules are: a real board has them inside.
const INSIDE = "/lib";

/// The numbers of errors that Emscripten has (WASI's), and those of an ESP32 (newlib's).
const NEWLIB = new Map([[2, 13], [8, 9], [10, 16], [20, 17], [28, 22], [31, 21], [44, 2], [51, 28], [54, 20], [55, 90], [63, 1], [69, 30]]);
const NO_SPACE = 51;

/// The imports of the interpreter, with calls of the file system that answer with the numbers of an ESP32. `reads` is called
/// before something is read.
export function withErrors(imports, reads) {
  const changed = (answer) => {
    const number = Math.abs(answer);
    return answer === 0 ? 0 : Math.sign(answer) * (NEWLIB.get(number) ?? number);
  };
  const wrapped = (name, call) => {
    // Those of the second kind answer with a length, or with an error below zero.
    if (name.startsWith("fd_")) {
      return (...values) => {
        if (name === "fd_read") reads();
        return changed(call(...values));
      };
    }
    if (!name.startsWith("__syscall_")) return call;
    return (...values) => {
      const answer = call(...values);
      return answer < 0 ? changed(answer) : answer;
    };
  };
  const each = (calls) => Object.fromEntries(Object.entries(calls).map(([name, call]) => [name, wrapped(name, call)]));
  return Object.fromEntries(Object.entries(imports).map(([name, calls]) => [name, each(calls)]));
}

const same = (a, b) => a === b || (a instanceof Uint8Array && b instanceof Uint8Array && a.length === b.length && a.every((byte, at) => byte === b[at]));

export class Files {
  constructor(fs) {
    this.fs = fs;
    this.base = new Map();
    this.told = new Map();
    this.isChanged = false;
    this.spare = 0;
    Object.assign(this, { marked: new Map(), importing: 0, looked: null });
    const stat = fs.stat.bind(fs);
    fs.stat = (path, ...values) => {
      if (!this.isHost && typeof path === "string") this.looked = this.whole(path);
      return stat(path, ...values);
    };
    for (const folder of ["/tmp", "/home/web_user", "/home"]) fs.rmdir(folder);
    const list = fs.readdir.bind(fs);
    fs.readdir = (path) => list(path).filter((name) => this.isHost || !this.isHidden(path, name));
    // What can change a file leaves a note, and is refused what does not fit.
    for (const name of ["open", "write", "truncate", "unlink", "mkdir", "rmdir", "rename"]) {
      const does = fs[name].bind(fs);
      fs[name] = (...values) => {
        if (!this.isHost) {
          if (name === "open") values[0] = this.imported(values[0]);
          this.isChanged = true;
          if (name === "write") this.room(values[3]);
          if (name === "open" || name === "mkdir") this.room(ENTRY_BYTES);
        }
        return does(...values);
      };
    }
  }

  /// What is opened for a path: an import looks at a file and opens it, and gets the one with marks, if there is one and the
  /// program has not changed the file since. Everybody else gets the file as it is.
  imported(path) {
    const { looked, marked } = this;
    this.looked = null;
    const whole = this.whole(path);
    if (this.importing === 0 || whole !== looked || !marked.has(whole)) return path;
    const now = this.byHost(() => this.fs.readFile(whole));
    return same(now, this.told.get(whole)) ? MARKED + whole : path;
  }

  whole(path) {
    return `${path.startsWith("/") ? "" : this.fs.cwd()}/${path}`.replace(/\/+/g, "/");
  }

  /// Whether the board came with a module of this name, or its program has made one.
  hasModule(name) {
    const path = name.replaceAll(".", "/");
    const [first] = path.split("/");
    const own = [...this.told.keys()];
    return own.some((it) => it === `/${first}.py` || it.startsWith(`/${first}/`) || it === `${INSIDE}/${path}.py`);
  }

  /// Whether a program does not see a name in a folder.
  isHidden(folder, name) {
    const path = `${folder === "/" ? "" : folder}/${name}`;
    return FOREIGN.includes(path) || (folder === INSIDE && this.isInside(path));
  }

  /// Whether a path is a module that a real board has inside, and not a file of it.
  isInside(path) {
    return path.startsWith(INSIDE) && this.base.get(path) instanceof Uint8Array && path.split("/").length === 3;
  }

  /// Does something that is not the program's.
  byHost(what) {
    this.isHost = true;
    try {
      return what();
    } finally {
      this.isHost = false;
    }
  }

  /// Refuses to write so much more if the flash is full.
  room(length) {
    // What is there is counted only when it could be too much.
    this.spare -= length;
    if (this.spare >= 0) return;
    const own = [...this.own().values()].filter((it) => it !== "gone");
    this.spare = own.reduce((spare, it) => spare - ENTRY_BYTES - (it === "folder" ? 0 : it.length), BYTES_MAX - length);
    if (this.spare < 0) throw new this.fs.ErrnoError(NO_SPACE);
  }

  /// Writes a file, and the folders to it.
  put(path, contents) {
    this.byHost(() => {
      const folders = path.split("/").slice(1, -1);
      folders.reduce((parent, name) => {
        const folder = `${parent}/${name}`;
        if (!this.fs.analyzePath(folder).exists) this.fs.mkdir(folder);
        return folder;
      }, "");
      if (contents !== "folder") this.fs.writeFile(path, contents);
      else if (!this.fs.analyzePath(path).exists) this.fs.mkdir(path);
    });
  }

  /// All files by path, in order: their bytes, or "folder". A folder stands before what is in it.
  all() {
    const found = new Map();
    const look = (folder) => {
      for (const name of this.fs.readdir(folder || "/")) {
        const path = `${folder}/${name}`;
        if (name === "." || name === ".." || path === MAIN || FOREIGN.includes(path)) continue;
        const isFolder = this.fs.isDir(this.fs.stat(path).mode);
        found.set(path, isFolder ? "folder" : this.fs.readFile(path));
        if (isFolder) look(path);
      }
    };
    this.byHost(() => look(""));
    return found;
  }

  /// Those that are not as in the image: their bytes, "folder", or "gone".
  own() {
    const now = this.all();
    const own = new Map([...now].filter(([path, it]) => !same(it, this.base.get(path))));
    for (const path of this.base.keys()) if (!now.has(path)) own.set(path, "gone");
    return own;
  }

  /// Goes back to the files of the image, with its program and these beyond them. A folder lists them in this order. `marked`
  /// are those with marks, by path.
  restore(base, own, program, marked) {
    const { fs } = this;
    this.byHost(() => {
      for (const stream of fs.streams.slice(3)) if (stream) fs.close(stream);
      fs.chdir("/");
      if (fs.analyzePath(MAIN).exists) fs.unlink(MAIN);
      if (this.base !== base || this.isOwn || own.size > 0) {
        for (const [path, it] of [...this.all()].reverse()) {
          if (it === "folder") fs.rmdir(path);
          else fs.unlink(path);
        }
        for (const [path, it] of [...base, ...own]) if (own.get(path) !== "gone") this.put(path, own.get(path) ?? it);
      }
      this.put(MAIN, program);
      for (const [path, it] of marked) this.put(MARKED + path, it);
    });
    Object.assign(this, { marked, importing: 0, looked: null });
    Object.assign(this, { base, told: own, isOwn: own.size > 0, isChanged: false, spare: 0 });
  }

  /// What has changed since this was asked last, by path: bytes, "folder", "gone" if it is in the image only, or "none" if it
  /// is as the image has it.
  news() {
    if (!this.isChanged) return new Map();
    this.isChanged = false;
    this.isOwn = true;
    const own = this.own();
    const news = new Map([...own].filter(([path, it]) => !same(it, this.told.get(path))));
    // What is again as it was in the image, or nowhere.
    for (const path of this.told.keys()) if (!own.has(path)) news.set(path, "none");
    this.told = own;
    return news;
  }
}
