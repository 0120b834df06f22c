// What of the page has run until the first step is made: `cargo xtask later` builds a page that tells, and runs this. Prints a
// line for each function of its wasm, and for each place in one: 1 if it has run, else 0, and what it is (crates/splitter).

import { launch, sizes, startHub } from '../../www/tests/harness.mjs';

/** What the globals begin with (crates/splitter). */
const WATCH = 'watch/';
/** How many of the lessons on the start page can be opened, and their first step made, without the late part. */
const FIRST_LESSONS = 10;

const hub = await startHub();
const browser = await launch();
const ran = new Map();

/** Keeps the exports of the page's wasm, whichever way the page gets them. */
function keepExports() {
  const { instantiate, instantiateStreaming } = WebAssembly;
  const kept = (made) => ((globalThis.watched = (made.instance ?? made).exports), made);
  WebAssembly.instantiate = async (...all) => kept(await instantiate.apply(WebAssembly, all));
  WebAssembly.instantiateStreaming = async (...all) => kept(await instantiateStreaming.apply(WebAssembly, all));
}

async function note(page) {
  const seen = await page.evaluate((watch) => {
    const globals = Object.entries(globalThis.watched).filter(([name]) => name.startsWith(watch));
    return globals.map(([name, it]) => [name.slice(watch.length), it.value]);
  }, WATCH);
  for (const [name, value] of seen) ran.set(name, (ran.get(name) ?? 0) | value);
}

async function visit({ slower = 1, ...options }, use) {
  const context = await browser.newContext({ viewport: sizes.wide, serviceWorkers: 'block', ...options });
  const page = await context.newPage();
  const session = await context.newCDPSession(page);
  await session.send('Emulation.setCPUThrottlingRate', { rate: slower });
  page.on('pageerror', (error) => console.error(error));
  await page.addInitScript(keepExports);
  await use(page);
  await context.close();
}

const open = async (page, place) => {
  await page.goto('about:blank');
  await page.goto(hub.http + place);
  await page.getByRole('main').waitFor();
};
const step = async (page) => {
  await page.locator('#ladder').waitFor();
  await page.keyboard.press('ArrowRight');
  await page.locator('#steps li').first().waitFor();
  // Whoever is quick makes the first step while the page still writes down that the lesson was opened: this page is too slow for
  // that, so it makes two more at once.
  await page.evaluate(() => {
    for (let press = 0; press < 2; press++) {
      document.dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowRight', bubbles: true }));
    }
  });
  await page.waitForTimeout(600);
};

try {
  // Who opens a lesson with the mouse, in each size and language, on a slow machine too: that does in several turns what another one
  // does in one.
  for (const options of [
    {},
    { colorScheme: 'dark', locale: 'de-DE' },
    { viewport: sizes.phone, hasTouch: true, slower: 4 },
    { reducedMotion: 'reduce', slower: 10 },
  ]) {
    await visit(options, async (page) => {
      await open(page, '');
      await page.mouse.move(300, 300);
      await page.waitForTimeout(300);
      await note(page);
      await page.getByRole('main').getByRole('link').first().click();
      await step(page);
      await note(page);
    });
  }
  // Who opens another of the first lessons. (Whoever comes by a link gets both parts at once: www/start.js.)
  await visit({}, async (page) => {
    await open(page, '');
    const links = page.getByRole('main').getByRole('link');
    const places = await links.evaluateAll((links) => links.map((link) => link.getAttribute('href')));
    const lessons = new Set(places.filter((place) => place.startsWith('#/play/')));
    for (const place of [...lessons].slice(0, FIRST_LESSONS)) {
      await open(page, place);
      await step(page);
      await note(page);
    }
  });
} finally {
  await browser.close();
  await hub.stop();
}
for (const [name, value] of ran) console.log(`${value} ${name}`);
