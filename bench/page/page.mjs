// The page as it ships, in a real Chromium: what it weighs, how soon it can be used, and what it costs with a large world.
// `cargo xtask bench page` builds the page and sets CHROMIUM and MQTT_HUB. Prints each figure with its goal, and ends with
// the number of goals missed as its exit code.
//
// Times are the processor's on the page's main thread, script, styles, layout and painting together, unless a row says that it
// is the wall's: other programs take their share of the machine. Where the same is done many times, the median counts.

import { once } from 'node:events';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTcp } from 'node:net';
import { pathToFileURL } from 'node:url';
import { deflateRawSync } from 'node:zlib';
import { compressed, FIRST_STEP_MAX_BYTES, firstStep as untilFirstStep } from '../../www/tests/first-step.mjs';
import { launch, root, sizes, startHub } from '../../www/tests/harness.mjs';
import { choose, connect, connected } from '../../www/tests/live.mjs';

// `--only bytes` (or firstStep, frames, longLog, growing, imports, manyNodes, scripts, hostile, memory) measures one thing.

/** As long a play as the option `--minutes` says, by the wall; ten minutes at the greatest speed without one. */
const at = process.argv.indexOf('--minutes');
const MINUTES = at < 0 ? 10 : Number(process.argv[at + 1]);

let missed = 0;
function report(name, figure, unit, goal) {
  const verdict = goal === undefined ? '' : figure <= goal ? `goal ${goal} ${unit}: met` : `goal ${goal} ${unit}: MISSED`;
  if (verdict.endsWith('MISSED')) missed++;
  console.log(`${name.padEnd(58)} ${figure.toFixed(figure < 100 ? 1 : 0).padStart(9)} ${unit.padEnd(3)} ${verdict}`);
}

const median = (figures) => figures.toSorted((a, b) => a - b)[Math.floor(figures.length / 2)];

/** So many nodes, a broker among them; what the first publishes goes to all of them, `every` seconds, over links that take 3 s. */
function crowd(messages, every, nodes = 200) {
  const lines = ['scenario "A crowd"', 'version 3.1.1', 'seed 1', `until ${20 + Math.ceil(messages * every)} s`, 'node broker broker'];
  for (let node = 1; node < nodes; node++) {
    lines.push(`node n${node} phone`, '  subscribe "a" qos 0', `link n${node} to broker`, '  latency 3 s', `at 0 s: n${node} connect`);
  }
  for (let message = 0; message < messages; message++) {
    lines.push(`at ${(15 + message * every).toFixed(1)} s: n1 publish "a" "${message}" qos 0`);
  }
  return lines.join('\n') + '\n';
}

/** A link as the page makes it, to a moment of a world. */
function link(scenario, step) {
  const text = `mqtt-playground 2\nscenario own 00000000\nat ${step} 0 0\nown\n\n${scenario}`;
  return `#/w/2/${deflateRawSync(text).toString('base64url')}`;
}

const hub = await startHub();
const browser = await launch();
/** What the tasks of Chromium are called in its traces. */
const TASK = 'ThreadControllerImpl::RunTask';

const visit = async (options = {}, where = browser) => {
  const context = await where.newContext({ viewport: sizes.wide, serviceWorkers: 'block', reducedMotion: 'reduce', ...options });
  const page = await context.newPage();
  const session = await context.newCDPSession(page);
  // The processor's time, not the wall's: other programs take their share of the machine.
  await session.send('Performance.enable', { timeDomain: 'threadTicks' });
  /** Seconds that the main thread has worked: in all, on the page's own code, on styles and on layout. */
  const shares = async () => {
    const { metrics } = await session.send('Performance.getMetrics');
    const names = ['TaskDuration', 'ScriptDuration', 'RecalcStyleDuration', 'LayoutDuration'];
    return names.map((wanted) => metrics.find(({ name }) => name === wanted).value);
  };
  const worked = async () => (await shares())[0];
  /** Milliseconds of the longest task while `act` runs. */
  const longest = async (act) => {
    const events = [];
    const collect = ({ value }) => events.push(...value);
    session.on('Tracing.dataCollected', collect);
    await session.send('Tracing.start', { transferMode: 'ReportEvents', traceConfig: { includedCategories: ['toplevel'] } });
    await act();
    const complete = once(session, 'Tracing.tracingComplete');
    await session.send('Tracing.end');
    await complete;
    session.off('Tracing.dataCollected', collect);
    const place = ({ pid, tid }) => `${pid} ${tid}`;
    const mains = new Set(events.filter((it) => it.name === 'thread_name' && it.args.name === 'CrRendererMain').map(place));
    const tasks = events.filter((it) => it.name === TASK && it.ph === 'X' && mains.has(place(it)));
    if (tasks.length === 0) throw new Error('this Chromium traces no tasks');
    return tasks.reduce((most, it) => Math.max(most, it.tdur ?? it.dur), 0) / 1000;
  };
  return { context, page, session, shares, worked, longest };
};

/** Presses a key so many times, and waits each time until what came of it is drawn. */
const press = (page, times, key = 'ArrowRight') =>
  page.evaluate(
    async ([times, key]) => {
      for (let time = 0; time < times; time++) {
        document.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true }));
        await new Promise(requestAnimationFrame);
        await new Promise((done) => setTimeout(done));
      }
    },
    [times, key],
  );

/** Opens a file as a user does, with the key. */
async function openFile(page, path) {
  const chooser = page.waitForEvent('filechooser');
  await page.getByRole('main').focus();
  await page.keyboard.press('Control+o');
  await (await chooser).setFiles(path);
}

/** A file with these contents, as long as `use` needs it. */
async function withFile(name, contents, use) {
  const path = join(tmpdir(), `mqtt-playground-bench-${process.pid}-${name}`);
  await writeFile(path, contents);
  try {
    await use(path);
  } finally {
    await rm(path);
  }
}

/** What the page fetches until the first step in a lesson is made. */
async function bytes() {
  const { context, page } = await visit();
  const { files, bytes, optional } = await untilFirstStep(page, hub.http);
  for (const [name, size] of files.filter(([, size]) => size > 5000)) report(`  ${name}`, size / 1000, 'kB');
  report('bytes until the first step is made, brotli', bytes / 1000, 'kB', FIRST_STEP_MAX_BYTES / 1000);
  report('  and after it, what the rest of the page needs', optional / 1000, 'kB');
  await context.close();
}

async function firstStep() {
  const figures = [];
  for (let visits = 0; visits < 5; visits++) {
    const { context, page } = await visit();
    await page.goto(`${hub.http}#/play/qos1`);
    await page.locator('#ladder').waitFor();
    const took = await page.evaluate(async () => {
      document.dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowRight', bubbles: true }));
      while (!document.querySelector('#steps li')) await new Promise(requestAnimationFrame);
      return performance.now();
    });
    figures.push(took);
    await context.close();
  }
  report('time to the first step, from nothing, by the wall, median of 5', median(figures), 'ms');
}

/** Opens a link to a step of a crowd, and waits until all of its run is there. */
async function openCrowd(world, step, options) {
  const visited = await visit(options);
  const { page } = visited;
  await page.goto(`${hub.http}#/lessons`);
  await page.getByRole('main').waitFor();
  const begun = await visited.worked();
  let opened;
  const task = await visited.longest(async () => {
    await page.evaluate((hash) => (location.hash = hash), link(world, step));
    await page.locator('#ladder').waitFor({ timeout: 120_000 });
    await page.getByRole('status').filter({ hasText: 'shared' }).waitFor({ timeout: 120_000 });
    opened = (await visited.worked()) - begun;
    // The rest of the run is made with the frames.
    await page.locator('.running').waitFor({ state: 'detached', timeout: 120_000 });
  });
  const whole = (await visited.worked()) - begun;
  return { ...visited, opened: opened * 1000, whole: whole * 1000, task };
}

async function frames() {
  // Ten messages within the three seconds that a packet takes.
  const { context, page, shares } = await openCrowd(crowd(40, 0.2), 3000, { reducedMotion: 'no-preference' });
  const flying = await page.locator('#map [role=group]').getAttribute('aria-label');
  const count = Number(/(\d+) in flight/.exec(flying)?.[1]);
  report('packets in flight on the map with 200 nodes', count, '');
  await page.getByRole('button', { name: 'Play', exact: true }).click();
  await page.waitForTimeout(500);
  const seconds = [];
  let last = await shares();
  let wall = 0;
  let drawn = 0;
  for (let stretch = 0; stretch < 9; stretch++) {
    const seen = await page.evaluate(async () => {
      const begun = performance.now();
      let frames = 0;
      while (frames < 30) {
        await new Promise(requestAnimationFrame);
        frames++;
      }
      return { frames, wall: performance.now() - begun };
    });
    const now = await shares();
    seconds.push(now.map((it, index) => ((it - last[index]) / seen.frames) * 1000));
    last = now;
    wall += seen.wall;
    drawn += seen.frames;
  }
  const share = (index) => median(seconds.map((it) => it[index]));
  report('frames per second of the wall while it plays', drawn / (wall / 1000), '');
  report('main thread per frame, median of 9 times 30 frames', share(0), 'ms', 8);
  report('  of it the page\'s own code', share(1), 'ms');
  report('  styles', share(2), 'ms');
  report('  layout', share(3), 'ms');
  await context.close();
}

/** What a step takes, the median of ten stretches of five, because asking takes time, too; then the longest task in 20 more. */
async function stepsOf({ page, worked, longest }) {
  await press(page, 1);
  const figures = [];
  for (let stretch = 0; stretch < 10; stretch++) {
    const before = await worked();
    await press(page, 5);
    figures.push((((await worked()) - before) / 5) * 1000);
  }
  return { step: median(figures), task: await longest(() => press(page, 20)) };
}

async function longLog() {
  const visited = await openCrowd(crowd(240, 0.1), 43_000);
  report('opening a link whose run has 100,000 records, until it can be used', visited.opened, 'ms');
  report('until all of the run is there', visited.whole, 'ms');
  report('the longest task meanwhile', visited.task, 'ms', 100);
  const { step } = await stepsOf(visited);
  report('a step with 100,000 records in the log, median of 10 times 5', step, 'ms', 16);
  await visited.context.close();
}

/** A client at the hub's broker that publishes messages of a few bytes. */
async function publisher() {
  const socket = connectTcp(hub.mqtt.port, hub.mqtt.host);
  const text = (it) => Buffer.concat([Buffer.from([0, it.length]), Buffer.from(it)]);
  const packet = (first, ...parts) => {
    const rest = Buffer.concat(parts);
    return Buffer.concat([Buffer.from([first, rest.length]), rest]);
  };
  socket.write(packet(0x10, text('MQTT'), Buffer.from([4, 2, 0, 0]), text('bench')));
  await once(socket, 'data');
  return { publish: (payload) => socket.write(packet(0x30, text('lab/in'), Buffer.from(payload))), end: () => socket.end() };
}

/** A run with a real broker, with its ladder in view, that grows to thousands of messages: what one of them takes. */
async function growing() {
  const { context, page, worked } = await visit();
  await page.goto(`${hub.http}#/broker`);
  await page.getByRole('main').waitFor();
  await connect(page, hub.ws);
  await connected(page);
  await page.getByRole('button', { name: 'Watch on the ladder' }).click();
  await choose(page, /^page\b/, /^Subscribe/);
  await page.getByRole('textbox', { name: /Topic/ }).fill('lab/#');
  await page.getByRole('button', { name: 'Subscribe', exact: true }).click();
  await page.locator('#steps li').filter({ hasText: 'SUBACK' }).waitFor();
  const { publish, end } = await publisher();
  let sent = 0;
  const one = async () => {
    const payload = `m${++sent}.`;
    publish(payload);
    await page.waitForFunction((wanted) => [...document.querySelectorAll('#steps li')].slice(-6).some((it) => it.textContent.includes(wanted)), payload);
  };
  const goTo = async (count) => {
    while (sent < count) await one();
    const before = await worked();
    for (let message = 0; message < 50; message++) await one();
    return (((await worked()) - before) / 50) * 1000;
  };
  const [few, many] = [await goTo(100), await goTo(7_000)];
  report('a message of a live run with its ladder in view, after 100', few, 'ms');
  report('  after 7,000', many, 'ms');
  // A message is two or three frames on its way; that a long run costs no more is what is asked here.
  report('  times as much as after 100', many / few, '', 1.5);
  end();
  await context.close();
}

async function manyNodes() {
  // As many as a scenario may have.
  const visited = await openCrowd(crowd(20, 0.5, 256), 0);
  report('opening a world of 256 nodes, the longest task', visited.task, 'ms', 100);
  const { step, task } = await stepsOf(visited);
  report('a step in it, median of 10 times 5', step, 'ms');
  report('the longest task of 20 steps', task, 'ms', 100);
  const { page, longest } = visited;
  const places = ['#/sandbox', '#/futures', '#/lessons', '#/play'];
  for (const place of places) {
    const task = await longest(async () => {
      await page.evaluate((hash) => (location.hash = hash), place);
      await page.waitForTimeout(400);
      await page.locator('.running').waitFor({ state: 'detached', timeout: 120_000 });
    });
    report(`going to ${place} with it, the longest task`, task, 'ms', 100);
  }
  await visited.context.close();
}

async function imports() {
  const visited = await visit();
  const { context, page, longest } = visited;
  await page.goto(`${hub.http}#/play`);
  await page.locator('#ladder').waitFor();
  // Real traffic, again and again, each time in a section of its own.
  const small = await readFile(join(root, 'crates/capture/tests/mosquitto.pcapng'));
  const large = Buffer.concat(Array.from({ length: Math.round(2e6 / small.length) }, () => small));
  await withFile('large.pcapng', large, async (path) => {
    const task = await longest(async () => {
      await openFile(page, path);
      await page.getByRole('status').getByText('A capture of real traffic').waitFor({ timeout: 60_000 });
    });
    report('opening a capture of 2 MB, the longest task', task, 'ms', 100);
  });
  const { task } = await stepsOf(visited);
  report('the longest task of 20 steps in it', task, 'ms', 100);
  await context.close();
}

async function hostile() {
  const { context, page, longest } = await visit();
  await page.goto(`${hub.http}#/play`);
  await page.locator('#ladder').waitFor();
  const devices = Array.from({ length: 10_000 }, (_, number) => `node d${number} phone`).join('\n');
  const huge = Buffer.from([0x30, 0xff, 0xff, 0xff, 0x7f]);
  const cases = {
    '10,000 devices': `scenario "many"\nversion 5.0\nuntil 1 s\nnode broker broker\n${devices}\n`,
    'a file of 256 MB': Buffer.alloc(256 * 1024 * 1024, 'a'),
    'a packet that says it has 256 MB': Buffer.concat([huge, Buffer.alloc(1000)]),
  };
  for (const [what, contents] of Object.entries(cases)) {
    await withFile('much.txt', contents, async (path) => {
      const task = await longest(async () => {
        await openFile(page, path);
        await page.getByRole('status').getByText(/was not opened/).waitFor();
        await page.keyboard.press('Escape');
      });
      report(`${what}: refused, the longest task`, task, 'ms', 100);
    });
  }
  await context.close();
}

/** What each process has for itself, in MB, by its id. Known where there is /proc, as on Linux. */
async function privateOf(processes) {
  const sizes = processes.map(async ({ id }) => {
    const text = await readFile(`/proc/${id}/smaps_rollup`, 'utf8');
    const lines = text.matchAll(/^Private_(?:Clean|Dirty): +(\d+) kB$/gm);
    return [id, [...lines].reduce((sum, [, kilobytes]) => sum + Number(kilobytes), 0) / 1e3];
  });
  return new Map(await Promise.all(sizes));
}

/** Ten boards that run MicroPython, in the page; and what making them takes here and in Node.js. */
async function scripts() {
  const boards = 10;
  const world = await readFile(join(root, 'scenarios/scripts/ten.mqtt'), 'utf8');

  // What comes over the network, and how soon a board is there: the page's own module, asked by hand. In a browser of its own: what
  // the process of another visit still gives back would be taken off what the boards take.
  const own = await launch();
  const alone = await visit({}, own);
  const bodies = [];
  alone.page.on('response', (response) => response.url().includes('/script/') && bodies.push(response.body()));
  await alone.page.goto(`${hub.http}#/lessons`);
  await alone.page.getByRole('main').waitFor();
  const all = await own.newBrowserCDPSession();
  const renderers = async () => {
    const { processInfo } = await all.send('SystemInfo.getProcessInfo');
    return processInfo.filter(({ type }) => type === 'renderer');
  };
  const before = await privateOf(await renderers());
  const [first, others] = await alone.page.evaluate(async (boards) => {
    const begun = performance.now();
    const { boards: make } = await import(new URL('script/page.mjs', document.baseURI));
    globalThis.made = await make(1);
    const first = performance.now() - begun;
    globalThis.made.push(...(await make(boards - 1)));
    return [first, performance.now() - begun - first];
  }, boards);
  const took = await privateOf(await renderers());
  const sizes = (await Promise.all(bodies)).map(compressed);
  report('MicroPython with its libraries, brotli', sizes.reduce((sum, it) => sum + it, 0) / 1000, 'kB');
  report('until the first board is there, by the wall', first, 'ms');
  report('  each of nine more', others / (boards - 1), 'ms');
  // A process is kept ready for the next page, too: the largest growth is that of the one that has the boards.
  const grown = [...took].map(([id, size]) => size - (before.get(id) ?? 0));
  report('memory of the page for each of ten boards', Math.max(...grown) / boards, 'MB');
  await own.close();

  const visited = await openCrowd(world, 0);
  report('a world of ten boards, until all of its 10 s is made', visited.whole, 'ms');
  report('the longest task meanwhile', visited.task, 'ms', 50);
  const { step, task } = await stepsOf(visited);
  report('a step in it, median of 10 times 5', step, 'ms', 50);
  report('the longest task of 20 steps', task, 'ms', 50);
  const { page, longest } = visited;
  report('the longest task of 20 steps back', await longest(() => press(page, 20, 'ArrowLeft')), 'ms', 50);
  report('going to the end and back, the longest task', await longest(async () => (await press(page, 1, 'End'), await press(page, 1, 'Home'))), 'ms');
  await visited.context.close();
  await inNode(boards);
}

/** The same boards in Node.js, where the tests of scenarios run them. */
async function inNode(boards) {
  const from = (path) => pathToFileURL(join(root, path)).href;
  const [{ Board, Image }, { modules }, { default: create }] = await Promise.all(
    ['www/script/board.mjs', 'www/script/load.mjs', 'dist/script/micropython.mjs'].map((path) => import(from(path))),
  );
  const module = await WebAssembly.compile(await readFile(join(root, 'dist/script/micropython.wasm')));
  const files = await modules((path) => readFile(join(root, 'www/script', path), 'utf8'));
  const begun = performance.now();
  const image = await Image.boot(create, module, files);
  report('in Node.js: an image', performance.now() - begun, 'ms');
  const making = performance.now();
  const made = [];
  for (let board = 0; board < boards; board++) made.push(await Board.make(image));
  report('  each of ten boards', (performance.now() - making) / boards, 'ms');
  // A board that only looks at its clock, which is the least that a turn takes.
  const source = 'import time\nwhile True: time.sleep_ms(10)';
  made.forEach((board, index) => board.reset({ source, files: new Map(), number: index + 1, seed: 1, server: 'broker' }));
  const rounds = 1000;
  const turning = performance.now();
  for (let round = 0; round < rounds; round++) {
    const events = round === 0 ? [{ kind: 'start' }] : [];
    for (const board of made) board.turn({ now: round * 10_000, events });
  }
  report('  a turn of ten boards', (performance.now() - turning) / rounds, 'ms', 50);
}

/** Heap after collecting garbage and memory of wasm, in MB. */
async function weigh(page, session) {
  await session.send('HeapProfiler.collectGarbage');
  const { usedSize } = await session.send('Runtime.getHeapUsage');
  const wasm = await page.evaluate(() => globalThis.wasmMemory.buffer.byteLength);
  const { metrics } = await session.send('Performance.getMetrics');
  const count = (wanted) => metrics.find(({ name }) => name === wanted).value;
  return { heap: usedSize / 1e6, wasm: wasm / 1e6, nodes: count('Nodes'), listeners: count('JSEventListeners') };
}

/** Runs in the page before its own code: keeps the memory of its wasm at hand. */
function keepMemory() {
  for (const name of ['instantiate', 'instantiateStreaming']) {
    const real = WebAssembly[name];
    WebAssembly[name] = async (...its) => {
      const made = await real.apply(WebAssembly, its);
      const { memory } = (made.instance ?? made).exports;
      if (memory) globalThis.wasmMemory = memory;
      return made;
    };
  }
}

/** As fast as the page plays, over and over, with the steps, windows and places of a visit in each fifth of the time. */
async function memory() {
  const { context, page, session } = await visit({ reducedMotion: 'no-preference' });
  const lessons = ['outage', 'qos1', 'retained', 'will-crash'];
  const go = async (hash) => {
    await page.evaluate((hash) => (location.hash = hash), hash);
    await page.waitForTimeout(200);
  };
  let played = 0;
  const play = async (seconds) => {
    const until = Date.now() + seconds * 1000;
    while (Date.now() < until) {
      played += await page.evaluate(() => {
        const button = document.querySelector('.bar button[aria-label=Play]');
        button?.click();
        return button ? 1 : 0;
      });
      await page.waitForTimeout(500);
    }
    await page.evaluate(() => document.querySelector('.bar button[aria-label=Pause]')?.click());
  };
  const round = async (seconds) => {
    for (const lesson of lessons) {
      await go(`#/play/${lesson}`);
      await page.locator('#ladder').waitFor();
      await press(page, 10, ']');
      await play(seconds / lessons.length);
      await press(page, 1, 'Home');
      await press(page, 30);
      await press(page, 20, 'ArrowLeft');
      await press(page, 1, 'End');
      // Help, opened and closed.
      await press(page, 1, '?');
      await press(page, 2, 'Escape');
      for (const place of ['#/lessons', '#/sandbox', '#/futures', '#/broker', '#/board']) await go(place);
    }
    await go('#/play/outage');
  };
  await page.addInitScript(keepMemory);
  await page.goto(`${hub.http}#/play/outage`);
  const figures = [];
  for (let fifth = 1; fifth <= 5; fifth++) {
    await round((MINUTES * 60) / 5);
    const it = await weigh(page, session);
    figures.push(it);
    console.log(`  fifth ${fifth}: heap ${it.heap.toFixed(2)} MB, wasm ${it.wasm.toFixed(2)} MB, ${it.nodes} nodes, ${it.listeners} listeners`);
  }
  report(`lessons played in ${MINUTES} minutes`, played, '');
  const sum = ({ heap, wasm }) => heap + wasm;
  report('growth of heap and wasm from the second fifth to the last', sum(figures[4]) - sum(figures[1]), 'MB', 2);
  await context.close();
}

try {
  const parts = [bytes, firstStep, frames, longLog, growing, imports, manyNodes, scripts, hostile, memory];
  const only = process.argv.indexOf('--only');
  const chosen = parts.filter((it) => only < 0 || it.name === process.argv[only + 1]);
  if (chosen.length === 0) throw new Error(`--only takes one of ${parts.map((it) => it.name).join(', ')}`);
  for (const part of chosen) await part();
} finally {
  await browser.close();
  await hub.stop();
}
console.log(missed === 0 ? 'All goals are met.' : `${missed} goals are missed.`);
process.exitCode = missed;
