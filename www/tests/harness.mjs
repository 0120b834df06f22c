// What every browser test needs: the page served by the hub, a real browser, and no error that goes unseen.
// `cargo xtask test --only browser` sets CHROMIUM and MQTT_HUB.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { after, before } from 'node:test';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

/** The checkout. */
export const root = fileURLToPath(new URL('../../', import.meta.url));
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

/** Scenarios that several tests speak of, by their titles. */
export const titles = { lostPuback: 'QoS 1: the robot and the lost acknowledgement', qos1: 'QoS 1: at least once' };

/** The place on the timeline: `Step 3 of 12`. */
export const place = (page) => page.locator('.clock strong').textContent();

/** Waits until the page stands at this place: it may first have to make the run so far, which takes frames. */
export async function standsAt(page, there) {
  for (let tries = 0; tries < 300; tries += 1) {
    if ((await place(page)) === there) return;
    await page.waitForTimeout(100);
  }
  assert.equal(await place(page), there);
}

/** The steps that have happened, as the list has them. */
export const steps = (page) => page.locator('#steps li').allTextContents();

/**
 * Starts the hub on free ports, with the page of dist/; `broker` says where its broker is: `native` or in a `page`; with `tls`
 * (files: `cert` and `key`) it speaks TLS everywhere; `more` are options of its command line.
 *
 * Returns where it listens (`http` and `ws` as URLs, `mqtt` as `{ host, port }`) and `stop()`, which asserts that it
 * ended as it should.
 */
export async function startHub(broker = 'native', tls, more = []) {
  const program = process.env.MQTT_HUB;
  assert.ok(program, 'MQTT_HUB has to name the program mqtt-hub: `cargo xtask test --only browser` sets it');
  const anywhere = '127.0.0.1:0';
  const hub = spawn(
    program,
    [
      ...['--broker', broker, '--mqtt', anywhere, '--ws', anywhere, '--http', anywhere, '--page', join(root, 'dist')],
      ...(tls ? ['--tls-cert', tls.cert, '--tls-key', tls.key] : []),
      ...more,
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const ended = once(hub, 'exit');
  // However the tests end, nothing stays behind.
  process.once('exit', () => hub.kill('SIGKILL'));
  let log = '';
  hub.stderr.on('data', (text) => (log += text));

  // It says where it listens, one line for each: `http 127.0.0.1:8080`.
  const at = {};
  for await (const line of createInterface(hub.stdout)) {
    const [name, address] = line.split(' ');
    at[name] = address;
    if (at.mqtt && at.ws && at.http) break;
  }
  assert.ok(at.mqtt && at.ws && at.http, `the hub did not start:\n${log}`);
  const [host, port] = at.mqtt.split(':');
  const s = tls ? 's' : '';
  return {
    http: `http${s}://${at.http}/`,
    /** The main screen. */
    play: `http${s}://${at.http}/#/play`,
    ws: `ws${s}://${at.ws}/mqtt`,
    mqtt: { host, port: Number(port) },
    stop: async () => {
      hub.kill('SIGTERM');
      const [code] = await ended;
      assert.equal(code, 0, `the hub ended badly:\n${log}`);
    },
  };
}

// The test runner ends a file that takes too long with this signal.
process.once('SIGTERM', () => process.exit(1));

/** The hub and a browser for all the tests of a file, started before them and ended after them. */
export function withHub(broker) {
  const started = {};
  before(async () => {
    [started.hub, started.browser] = await Promise.all([startHub(broker), launch()]);
  });
  after(async () => {
    await started.browser?.close();
    await started.hub?.stop();
  });
  return {
    get hub() {
      return started.hub;
    },
    get browser() {
      return started.browser;
    },
  };
}

/** A port on which nobody listens now. */
export async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

/** Starts the browser; one is enough for all the tests of a file. `more` are options of its command line. */
export function launch(more = []) {
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
      ...more,
    ],
  });
}

/**
 * Opens the page in a context of its own and waits until the app has started.
 *
 * `page.errors` holds every uncaught exception, console error, failed request and breach of the page's security policy.
 * `close()` asserts that there was none, so a test that ends with it cannot pass on a broken page. The service worker
 * stays away unless asked for (`serviceWorkers: 'allow'`): it would download the page a second time for each test.
 * `before` is a function with its argument that runs in the page before anything else.
 */
export async function open(browser, url, { size = sizes.wide, theme = 'light', before, ...options } = {}) {
  const context = await browser.newContext({ viewport: size, colorScheme: theme, reducedMotion: 'reduce', serviceWorkers: 'block', ...options });
  const page = await context.newPage();
  page.errors = [];
  page.on('pageerror', (error) => page.errors.push(`uncaught: ${error.message}`));
  page.on('console', (message) => {
    if (message.type() === 'error') page.errors.push(`console: ${message.text()}`);
  });
  await page.exposeFunction('breach', (what) => page.errors.push(`security policy: ${what}`));
  await page.addInitScript(() =>
    addEventListener('securitypolicyviolation', (it) => breach(`${it.violatedDirective} ${it.blockedURI} ${it.sample}`)),
  );
  if (before) await page.addInitScript(...before);
  page.on('requestfailed', (request) => page.errors.push(`request: ${request.url()} ${request.failure()?.errorText}`));
  await page.goto(url);
  await page.getByRole('main').waitFor({ timeout: 30_000 }).catch((error) => {
    throw new Error(`the app did not start: ${[...page.errors, error.message].join('\n')}`);
  });
  const close = async () => {
    await context.close();
    assert.deepEqual(page.errors, [], 'errors of the page');
  };
  return { page, close };
}

/** Waits until the page has its late part too: what is done without a network then is not held up by it. */
export function whole(page) {
  return page.waitForFunction(() => {
    const late = document.querySelector('[data-late]')?.dataset.late;
    return !late || performance.getEntriesByType('resource').some(({ name }) => name.endsWith(late.replace(/^\.\//, '')));
  });
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
