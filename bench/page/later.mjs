// What of the page has run until the first step is made: `cargo xtask later` builds a page that tells, and runs this. Prints a
// line for each function of its wasm: 1 if it has run, else 0, and its name.

import { launch, sizes, startHub } from '../../www/tests/harness.mjs';

/** What the globals begin with (crates/splitter). */
const WATCH = 'watch/';

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

async function visit(options, use) {
  const context = await browser.newContext({ viewport: sizes.wide, serviceWorkers: 'block', ...options });
  const page = await context.newPage();
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
  await page.waitForTimeout(300);
};

try {
  // Who opens a lesson with the mouse, in each size and language, and steps with the button.
  for (const options of [{}, { colorScheme: 'dark', locale: 'de-DE' }, { viewport: sizes.phone, hasTouch: true }, { reducedMotion: 'reduce' }]) {
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
  // Who follows a link to a lesson.
  await visit({}, async (page) => {
    await open(page, '#/play/qos1');
    await step(page);
    await note(page);
  });
} finally {
  await browser.close();
  await hub.stop();
}
for (const [name, value] of ran) console.log(`${value} ${name.replace(/^\d+\//, '')}`);
