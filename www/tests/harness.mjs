// What every browser test needs: the page served by the hub, a real browser, and no error that goes unseen.
// `cargo xtask test --only browser` sets CHROMIUM and MQTT_HUB.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { mkdir, readFile } from 'node:fs/promises';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const root = fileURLToPath(new URL('../../', import.meta.url));
const axe = fileURLToPath(import.meta.resolve('axe-core/axe.min.js'));

/** Screenshots of every run, for people to look at. */
export const screens = join(root, 'target', 'screens');

/** The sizes that the page is made for, in CSS pixels. */
export const sizes = {
  wide: { width: 1440, height: 900 },
  tablet: { width: 1024, height: 768 },
  phone: { width: 390, height: 844 },
  projector: { width: 1920, height: 1080 },
};

export const themes = ['light', 'dark'];

const types = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.wasm': 'application/wasm',
  '.svg': 'image/svg+xml',
};

/** Serves dist/ on a free port of this machine. */
export async function serve() {
  const server = createServer(async (request, response) => {
    const path = normalize(new URL(request.url, 'http://localhost').pathname);
    const file = path.endsWith('/') ? `${path}index.html` : path;
    try {
      const body = await readFile(join(root, 'dist', file));
      response.writeHead(200, { 'content-type': types[extname(file)] ?? 'application/octet-stream' }).end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    http: `http://127.0.0.1:${server.address().port}/`,
    stop: () => new Promise((resolve) => server.close(resolve)),
  };
}

/** Starts the browser; one is enough for all the tests of a file. */
export function launch() {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--disable-dev-shm-usage',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}

/**
 * Opens the page in a context of its own and waits until the app has started.
 *
 * `page.errors` holds every uncaught exception, console error and failed request. `close()` asserts that there was
 * none, so a test that ends with it cannot pass on a broken page.
 */
export async function open(browser, url, { size = sizes.wide, theme = 'light', ...options } = {}) {
  const context = await browser.newContext({ viewport: size, colorScheme: theme, reducedMotion: 'reduce', ...options });
  const page = await context.newPage();
  page.errors = [];
  page.on('pageerror', (error) => page.errors.push(`uncaught: ${error.message}`));
  page.on('console', (message) => {
    if (message.type() === 'error') page.errors.push(`console: ${message.text()}`);
  });
  page.on('requestfailed', (request) => page.errors.push(`request: ${request.url()} ${request.failure()?.errorText}`));
  await page.goto(url);
  await page.locator('main').waitFor({ timeout: 30_000 }).catch((error) => {
    throw new Error(`the app did not start: ${[...page.errors, error.message].join('\n')}`);
  });
  const close = async () => {
    await context.close();
    assert.deepEqual(page.errors, [], 'errors of the page');
  };
  return { page, close };
}

/** Saves what the page looks like as target/screens/NAME.png. */
export async function screenshot(page, name) {
  await mkdir(screens, { recursive: true });
  await page.screenshot({ path: join(screens, `${name}.png`) });
}

/** Every accessibility rule that the page breaks, with the places that break it. */
export async function accessibilityProblems(page) {
  await page.evaluate(await readFile(axe, 'utf8'));
  const { violations } = await page.evaluate(() => globalThis.axe.run());
  return violations.map(({ id, help, nodes }) => ({ id, help, where: nodes.map((node) => node.target.join(' ')) }));
}
