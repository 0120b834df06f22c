// The page on hosts that know nothing of it: without a network, in a folder, inside other pages, in a newer version.

import assert from 'node:assert/strict';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { createHash } from 'node:crypto';
import { launch, open, place, root, steps } from './harness.mjs';
import { startHost } from './static.mjs';

const dist = join(root, 'dist');
let browser;
before(async () => (browser = await launch()));
after(() => browser?.close());

const workers = { serviceWorkers: 'allow' };

/** Waits until everything is kept, and the page is that of the service worker. */
async function settle(page) {
  await page.evaluate(async () => void (await navigator.serviceWorker.ready));
  await page.reload();
  await page.getByRole('main').waitFor();
  assert.ok(await page.evaluate(() => navigator.serviceWorker.controller !== null), 'the service worker answers');
}

/** The third step of a lesson, reached with keys. */
async function walk(page) {
  await page.evaluate(() => (location.hash = '#/play/qos1'));
  await page.locator('#ladder').waitFor();
  await page.getByRole('main').focus();
  for (let press = 0; press < 3; press++) await page.keyboard.press('ArrowRight');
  assert.match(await place(page), /^Step 3 of/);
  assert.equal((await steps(page)).length, 3);
}

test('after the first visit the page needs no network, in a folder of a host', async () => {
  const host = await startHost({ folders: { '/courses/mqtt/': dist } });
  const { page, close } = await open(browser, `${host.url}/courses/mqtt/`, workers);
  await settle(page);
  await host.stop();
  await page.context().setOffline(true);
  await page.reload();
  await page.getByRole('main').waitFor();
  await walk(page);
  // Every file of the page is there, also those that this walk did not need.
  const missing = await page.evaluate(async () => {
    const scope = (await navigator.serviceWorker.ready).scope;
    const files = performance.getEntriesByType('resource').map(({ name }) => name).filter((name) => name.startsWith(scope));
    const kept = await caches.match('index.html');
    return [kept ? [] : ['index.html'], ...(await Promise.all(files.map(async (name) => ((await caches.match(name)) ? [] : [name]))))].flat();
  });
  assert.deepEqual(missing, []);
  await close();
});

test('a host that sends index.html elsewhere can be visited again', async () => {
  const host = await startHost({ redirects: { '/index.html': '/' } });
  const { page, close } = await open(browser, `${host.url}/`, workers);
  await settle(page);
  await page.goto(`${host.url}/?again`);
  await page.getByRole('main').waitFor();
  await host.stop();
  await page.reload();
  await page.getByRole('main').waitFor();
  await walk(page);
  await close();
});

/** Makes another version of the page in this folder, with another title and another text; `arrive` is for the last of its files. */
async function renew(folder) {
  const hash = (text) => `sha256-${createHash('sha256').update(text).digest('base64')}`;
  const files = ['index.html', 'lang/de.json'];
  const olds = await Promise.all(files.map((file) => readFile(join(folder, file), 'utf8')));
  const news = [olds[0].replace('<title>', '<title>Newer '), olds[1].replace('{', '{"newer": "neuer", ')];
  let worker = await readFile(join(folder, 'sw.js'), 'utf8');
  for (const [index, old] of olds.entries()) {
    assert.ok(worker.includes(hash(old)), 'the worker knows this very file');
    worker = worker.replace(hash(old), hash(news[index]));
  }
  await writeFile(join(folder, 'lang/de.json'), news[1]);
  await writeFile(join(folder, 'sw.js'), worker.replace('const VERSION = "', 'const VERSION = "newer '));
  return { arrive: () => writeFile(join(folder, 'index.html'), news[0]) };
}

/** Asks for a newer version, and waits until it is refused. */
const refused = (page) =>
  page.evaluate(async () => {
    const registration = await navigator.serviceWorker.ready;
    const failed = new Promise((done) => {
      registration.addEventListener('updatefound', () => {
        const worker = registration.installing;
        worker.addEventListener('statechange', () => worker.state === 'redundant' && done());
      }, { once: true });
    });
    await registration.update().catch(() => {});
    await failed;
  });

test('a newer version waits until the user takes it, whole', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'page-'));
  await cp(dist, folder, { recursive: true });
  const host = await startHost({ folders: { '/': folder } });
  const { page, close } = await open(browser, `${host.url}/`, workers);
  await settle(page);

  // First half of it arrives: the worker's list, but not the file.
  const { arrive } = await renew(folder);
  await refused(page);
  const waiting = () => page.evaluate(async () => Boolean((await navigator.serviceWorker.ready).waiting));
  assert.equal(await waiting(), false, 'half a version is none');
  page.errors.length = 0;

  await arrive();
  await page.evaluate(async () => void (await (await navigator.serviceWorker.ready).update()));
  await page.getByRole('status').filter({ hasText: 'A new version of the playground is here' }).waitFor();
  const text = () => page.evaluate(async () => (await (await fetch('index.html')).text()).match(/<title>(.*)</)[1]);
  assert.equal(await text(), 'MQTT Playground', 'until then all is of the old version');
  await page.getByRole('button', { name: 'Reload', exact: true }).click();
  await page.waitForFunction(async () => (await (await fetch('index.html')).text()).includes('<title>Newer'));
  await page.getByRole('main').waitFor();
  await page.waitForFunction(async () => (await caches.keys()).length === 1, null, { timeout: 10_000 });
  await close();
  await host.stop();
  await rm(folder, { recursive: true });
});

test('what one tab does about a newer version leaves the others whole, and they can take it, too', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'page-'));
  await cp(dist, folder, { recursive: true });
  const host = await startHost({ folders: { '/': folder } });
  const { page, close } = await open(browser, `${host.url}/`, workers);
  await settle(page);
  const other = await page.context().newPage();
  await other.goto(`${host.url}/#/play/qos1`);
  await other.getByRole('main').waitFor();

  await (await renew(folder)).arrive();
  await page.evaluate(async () => void (await (await navigator.serviceWorker.ready).update()));
  for (const tab of [page, other]) await tab.getByRole('status').filter({ hasText: 'A new version' }).waitFor();
  await other.getByRole('button', { name: 'Close', exact: true }).click();
  const controller = () => other.evaluate(() => new Promise((done) => navigator.serviceWorker.addEventListener('controllerchange', () => done(), { once: true })));
  const changed = controller();
  await page.getByRole('button', { name: 'Reload', exact: true }).click();
  await page.waitForFunction(() => document.title.includes('Newer') || fetch('index.html').then((it) => it.text()).then((it) => it.includes('<title>Newer')));
  await page.getByRole('main').waitFor();
  await changed;

  const isNew = (tab) => tab.evaluate(async () => 'newer' in (await (await fetch('lang/de.json')).json()));
  assert.equal(await isNew(page), true);
  assert.equal(await isNew(other), false, 'an open page gets the files that it began with');
  await host.stop();
  assert.equal(await isNew(other), false, 'also without a network');
  await other.bringToFront();
  // Its notice was closed, but it is another matter that the version is in use now.
  await other.getByRole('button', { name: 'Reload', exact: true }).click();
  await other.waitForFunction(async () => 'newer' in (await (await fetch('lang/de.json')).json()));
  await other.getByRole('main').waitFor();
  await other.waitForFunction(async () => (await caches.keys()).length === 1, null, { timeout: 10_000 });
  await other.close();
  page.errors.length = 0;
  await close();
  await rm(folder, { recursive: true });
});

test('a version that comes back and fails does not take away the one in use', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'page-'));
  await cp(dist, folder, { recursive: true });
  const host = await startHost({ folders: { '/': folder } });
  const { page, close } = await open(browser, `${host.url}/`, workers);
  await settle(page);
  const worker = await readFile(join(folder, 'sw.js'), 'utf8');
  // MicroPython is asked for with the next version, because it was used once, and is not there.
  const fileOfScript = 'script/page.mjs';
  await page.evaluate(async () => {
    const [name] = await caches.keys();
    await (await caches.open(name)).put('script/micropython.wasm', new Response('used'));
  });
  await rm(join(folder, fileOfScript));
  // The host is put back to the same version: another file with the same list.
  await writeFile(join(folder, 'sw.js'), `${worker}\n// Again.\n`);
  await refused(page);
  await host.stop();
  page.errors.length = 0;
  await page.reload();
  await page.getByRole('main').waitFor();
  await walk(page);
  await close();
  await rm(folder, { recursive: true });
});

test('the page works inside the page of a learning platform, whatever that allows', async () => {
  const host = await startHost({ folders: { '/page/': dist }, headers: { 'access-control-allow-origin': '*' } });
  const platform = await startHost({ folders: {} });
  for (const sandbox of ['sandbox="allow-scripts allow-same-origin"', 'sandbox="allow-scripts"']) {
    platform.pages['/'] = `<!doctype html><title>Course</title><iframe ${sandbox} src="${host.url}/page/#/play/qos1" width="1200" height="800"></iframe>`;
    const context = await browser.newContext({ viewport: { width: 1300, height: 900 }, serviceWorkers: 'allow' });
    const page = await context.newPage();
    const uncaught = [];
    page.on('pageerror', (error) => uncaught.push(error.message));
    await page.goto(`${platform.url}/`);
    const frame = page.frameLocator('iframe');
    await frame.locator('#ladder').waitFor();
    await frame.getByRole('button', { name: 'Step forward' }).click();
    await frame.getByRole('button', { name: 'Dark theme' }).click();
    assert.equal(await frame.locator('#steps li').count(), 1, sandbox);
    // The clipboard belongs to the outer page: the link is shown instead.
    await frame.getByRole('button', { name: 'Copy link' }).click();
    await frame.getByRole('status').filter({ hasText: '#/w/' }).waitFor();
    assert.deepEqual(uncaught, [], sandbox);
    await context.close();
  }
  await host.stop();
  await platform.stop();
});

test('a frame that cannot load the page is told why', async () => {
  const host = await startHost({ folders: { '/page/': dist } });
  host.pages['/'] = '<!doctype html><title>Course</title><iframe sandbox="allow-scripts" src="/page/" width="800" height="600"></iframe>';
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(`${host.url}/`);
  await page.frameLocator('iframe').getByText('Access-Control-Allow-Origin').waitFor();
  await context.close();
  await host.stop();
});

test('the page can be installed', async () => {
  const host = await startHost({ folders: { '/page/': dist } });
  const { page, close } = await open(browser, `${host.url}/page/`);
  const session = await page.context().newCDPSession(page);
  const { data, errors, url } = await session.send('Page.getAppManifest');
  assert.deepEqual(errors, []);
  const { icons, start_url } = JSON.parse(data);
  assert.equal(new URL(start_url, url).href, `${host.url}/page/`);
  for (const { src, sizes } of icons) {
    const [width, height] = await page.evaluate(async (address) => {
      const image = new Image();
      image.src = address;
      await image.decode();
      return [image.naturalWidth, image.naturalHeight];
    }, new URL(src, url).href);
    if (sizes !== 'any') assert.equal(`${width}x${height}`, sizes);
  }
  const { installabilityErrors } = await session.send('Page.getInstallabilityErrors');
  assert.deepEqual(installabilityErrors.filter(({ errorId }) => errorId !== 'in-incognito'), []);
  await close();
  await host.stop();
});
