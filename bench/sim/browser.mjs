// The same work in wasm, in a real Chromium: prints ns each as `name=figure`, by line.
// `cargo xtask bench sim` sets CHROMIUM and WWW, and names the wasm module.

import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const { chromium } = createRequire(join(process.env.WWW, 'package.json'))('playwright-core');
const module = (await readFile(process.argv[2])).toString('base64');
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: ['--no-sandbox'] });
try {
  const page = await browser.newPage();
  const figures = await page.evaluate(async (text) => {
    const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
    const { instance } = await WebAssembly.instantiate(bytes, {});
    const run = instance.exports;
    const median = (figures) => figures.sort((a, b) => a - b)[Math.floor(figures.length / 2)];
    const timed = (work) => {
      const begun = performance.now();
      const count = work();
      return ((performance.now() - begun) * 1e6) / count;
    };
    const rounds = (make, work) => {
      const figures = [];
      for (let round = 0; round < 9; round++) {
        const input = make();
        figures.push(timed(() => work(input)));
      }
      return median(figures);
    };
    const found = {};
    found.link = rounds(() => 200000, (events) => run.run_ping_pong(events));
    for (const qos of [0, 1, 2]) {
      found[`qos${qos}`] = rounds(() => run.new_messages(5000, qos), (world) => run.run_messages(world));
    }
    const long = run.new_long_run(100000);
    const records = run.records(long);
    const seeks = [];
    for (let number = 0; number < 400; number++) {
      const cursor = Math.imul(number, 2654435761) >>> 0;
      const begun = performance.now();
      run.seek(long, cursor % records);
      seeks.push(performance.now() - begun);
    }
    seeks.sort((a, b) => a - b);
    found.seek_median = seeks[200] * 1e6;
    found.seek_worst = seeks[399] * 1e6;
    return found;
  }, module);
  for (const [name, figure] of Object.entries(figures)) console.log(`${name}=${figure.toFixed(1)}`);
} finally {
  await browser.close();
}
