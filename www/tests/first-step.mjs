// What the page fetches until the first step in a lesson is made. The browser tests hold it to its limit, and the bench of the
// page (bench/page) prints it.

import { constants, brotliCompressSync } from 'node:zlib';

/** How many bytes that may be at most, as they come with brotli. */
export const FIRST_STEP_MAX_BYTES = 400_000;

/** What is fetched after the first step: crates/splitter. */
const LATE = /_late\.wasm$/;

/** How many bytes these are as a host sends them. */
export const compressed = (bytes) => brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }).length;

/**
 * From opening the page to the first step in a lesson, with the late part held back. Returns the files that it took, as paths and
 * compressed sizes; their sum; the size of the late part, if it is optional; and whether the first step has asked for it.
 */
export async function firstStep(page, address) {
  const bodies = [];
  const needed = [];
  let release = () => {};
  const released = new Promise((done) => (release = done));
  await page.route(LATE, async (route) => {
    // Asked for in the middle of work: then the first step needs it, and it counts.
    if (route.request().resourceType() === 'xhr') needed.push(route.request().url());
    else await released;
    await route.continue().catch(() => {});
  });
  let isDone = false;
  page.on('response', (response) => {
    const url = response.url();
    if (!isDone || needed.includes(url)) bodies.push(response.body().then((body) => [new URL(url).pathname, body], () => null));
  });
  await page.goto(address);
  await page.getByRole('main').getByRole('link').first().click();
  await page.locator('#ladder').waitFor();
  await page.keyboard.press('ArrowRight');
  await page.locator('#steps li').first().waitFor();
  isDone = true;
  const files = (await Promise.all(bodies)).filter(Boolean).map(([name, body]) => [name, compressed(body)]);
  const isLateNeeded = needed.length > 0;
  const late = isLateNeeded ? null : page.waitForResponse(LATE);
  release();
  const optional = late ? compressed(await (await late).body()) : 0;
  return { files, bytes: files.reduce((sum, [, size]) => sum + size, 0), optional, isLateNeeded };
}
