// The page as it ships, in a real Chromium: what it weighs, how soon it can be used, and what it costs with a large world.
// `cargo xtask bench page` builds the page and sets CHROMIUM and MQTT_HUB. Prints each figure with its goal, and ends with
// the number of goals missed as its exit code.

import { deflateRawSync } from 'node:zlib';
import { FIRST_STEP_MAX_BYTES, firstStep as untilFirstStep } from '../../www/tests/first-step.mjs';
import { launch, sizes, startHub } from '../../www/tests/harness.mjs';

// `--only bytes` (or firstStep, frames, longLog, memory) measures one thing.

/** As long a play as the option `--minutes` says; an hour without one. */
const at = process.argv.indexOf('--minutes');
const MINUTES = at < 0 ? 60 : Number(process.argv[at + 1]);

let missed = 0;
function report(name, figure, unit, goal) {
  const verdict = goal === undefined ? '' : figure <= goal ? `goal ${goal} ${unit}: met` : `goal ${goal} ${unit}: MISSED`;
  if (verdict.endsWith('MISSED')) missed++;
  console.log(`${name.padEnd(58)} ${figure.toFixed(figure < 100 ? 1 : 0).padStart(9)} ${unit.padEnd(3)} ${verdict}`);
}

const median = (figures) => figures.toSorted((a, b) => a - b)[Math.floor(figures.length / 2)];

/** 200 nodes; what the first publishes goes to all of them, `every` seconds, over links that take 3 s. */
function crowd(messages, every) {
  const lines = ['scenario "A crowd"', 'version 3.1.1', 'seed 1', `until ${20 + Math.ceil(messages * every)} s`, 'node broker broker'];
  for (let node = 1; node < 200; node++) {
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
const visit = async (options = {}) => {
  const context = await browser.newContext({ viewport: sizes.wide, serviceWorkers: 'block', reducedMotion: 'reduce', ...options });
  const page = await context.newPage();
  const session = await context.newCDPSession(page);
  // The processor's time, not the wall's: other programs take their share of the machine.
  await session.send('Performance.enable', { timeDomain: 'threadTicks' });
  /** Seconds that the main thread has worked. */
  const worked = async () => {
    const { metrics } = await session.send('Performance.getMetrics');
    return metrics.find(({ name }) => name === 'TaskDuration').value;
  };
  return { context, page, session, worked };
};

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
  report('time to the first step, from nothing, median of 5', median(figures), 'ms');
}

async function openCrowd(messages, every, step, options) {
  const visited = await visit(options);
  await visited.page.goto(`${hub.http}#/lessons`);
  await visited.page.getByRole('main').waitFor();
  // Tasks of less than 50 ms are not told.
  await visited.page.evaluate(() => {
    window.longestTask = 0;
    new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) window.longestTask = Math.max(window.longestTask, duration);
    }).observe({ type: 'longtask' });
  });
  const begun = await visited.worked();
  await visited.page.evaluate((hash) => (location.hash = hash), link(crowd(messages, every), step));
  await visited.page.locator('#ladder').waitFor({ timeout: 120_000 });
  await visited.page.getByRole('status').filter({ hasText: 'shared' }).waitFor({ timeout: 120_000 });
  return { ...visited, begun, opened: (await visited.worked()) - begun };
}

async function frames() {
  // Ten messages within the three seconds that a packet takes.
  const { context, page, worked } = await openCrowd(40, 0.2, 3000, { reducedMotion: 'no-preference' });
  const flying = await page.locator('#map [role=group]').getAttribute('aria-label');
  const count = Number(/(\d+) in flight/.exec(flying)?.[1]);
  report('packets in flight on the map with 200 nodes', count, '');
  await page.getByRole('button', { name: 'Play', exact: true }).click();
  await page.waitForTimeout(500);
  const before = await worked();
  const seen = await page.evaluate(async () => {
    const begun = performance.now();
    let frames = 0;
    while (performance.now() - begun < 4000) {
      await new Promise(requestAnimationFrame);
      frames++;
    }
    return { frames, seconds: (performance.now() - begun) / 1000 };
  });
  report('frames per second while it plays', seen.frames / seen.seconds, '');
  report('main thread per frame', (((await worked()) - before) / seen.frames) * 1000, 'ms', 8);
  await context.close();
}

async function longLog() {
  const { context, page, worked, opened, begun } = await openCrowd(240, 0.1, 43_000);
  report('opening a link whose run has 100,000 records, until it can be used', opened * 1000, 'ms');
  // The rest of the run is made with the frames; a step is measured in the whole of it.
  await page.locator('.running').waitFor({ state: 'detached', timeout: 120_000 });
  report('until all of the run is there', ((await worked()) - begun) * 1000, 'ms');
  report('the longest task meanwhile', await page.evaluate(() => window.longestTask), 'ms', 100);
  const press = () => page.evaluate(async () => {
    document.dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowRight', bubbles: true }));
    await new Promise(requestAnimationFrame);
    await new Promise((done) => setTimeout(done));
  });
  await press();
  const figures = [];
  for (let step = 0; step < 40; step++) {
    const before = await worked();
    await press();
    figures.push(((await worked()) - before) * 1000);
  }
  report('a step with 100,000 records in the log, median of 40', median(figures), 'ms', 16);
  await context.close();
}

async function memory() {
  const { context, page, session } = await visit({ reducedMotion: 'no-preference' });
  await page.clock.install();
  await page.goto(`${hub.http}#/play/outage`);
  await page.locator('#ladder').waitFor();
  const weigh = async () => {
    await session.send('HeapProfiler.collectGarbage');
    const { usedSize } = await session.send('Runtime.getHeapUsage');
    const { result } = await session.send('Runtime.evaluate', { expression: 'WebAssembly.Memory.prototype' });
    const { objects } = await session.send('Runtime.queryObjects', { prototypeObjectId: result.objectId });
    const wasm = await session.send('Runtime.callFunctionOn', {
      objectId: objects.objectId,
      functionDeclaration: 'function () { return this.reduce((sum, it) => sum + it.buffer.byteLength, 0); }',
      returnByValue: true,
    });
    return (usedSize + wasm.result.value) / 1e6;
  };
  const play = async (minutes) => {
    for (let half = 0; half < minutes * 2; half++) {
      const button = page.getByRole('button', { name: 'Play', exact: true });
      if (await button.count()) await page.evaluate(() => document.querySelector('.bar button[aria-label=Play]')?.click());
      await page.clock.runFor(30_000);
    }
  };
  await play(MINUTES / 6);
  const early = await weigh();
  await play((MINUTES * 5) / 6);
  const late = await weigh();
  report(`memory after ${(MINUTES / 6).toFixed(0)} minutes of play, heap and wasm`, early, 'MB');
  report(`growth until ${MINUTES} minutes`, late - early, 'MB', 2);
  await context.close();
}

try {
  const parts = [bytes, firstStep, frames, longLog, memory];
  const only = process.argv.indexOf('--only');
  for (const part of parts.filter((it) => only < 0 || it.name === process.argv[only + 1])) await part();
} finally {
  await browser.close();
  await hub.stop();
}
console.log(missed === 0 ? 'All goals are met.' : `${missed} goals are missed.`);
process.exitCode = missed;
