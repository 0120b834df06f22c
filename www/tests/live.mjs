// What the tests of live runs do with the page: its own client is the node `page`.

import { steps } from './harness.mjs';

/** Does what the menu of a node has. */
export async function choose(page, node, entry) {
  await page.locator('.map').getByRole('button', { name: node }).click();
  await page.getByRole('menuitem', { name: entry }).click();
}

/** The page's own client publishes. */
export async function publish(page, topic, payload, qos, retain = false) {
  await choose(page, /^page\b/, /^Publish/);
  await page.getByRole('textbox', { name: 'Topic' }).fill(topic);
  await page.getByRole('textbox', { name: /Message|Payload/ }).fill(payload);
  await page.locator('.menu').getByText(String(qos), { exact: true }).click();
  const box = page.getByRole('checkbox', { name: /retain/i });
  if ((await box.isChecked()) !== retain) await box.click();
  await page.getByRole('button', { name: 'Publish', exact: true }).click();
}

/** Waits until so many of the ladder's steps match; returns all. A minute is what an emulated board may take. */
export async function seen(page, pattern, count = 1) {
  let lines = [];
  for (let tries = 0; tries < 600; tries += 1) {
    lines = await steps(page);
    if (lines.filter((line) => pattern.test(line)).length >= count) return lines;
    await page.waitForTimeout(100);
  }
  throw new Error(`${count} of ${pattern} in:\n${lines.join('\n')}`);
}

/** What a screen reader is given to say while something goes on. */
export async function spoken(page, goesOn) {
  const regions = '[role=status],[role=alert],[aria-live=polite]';
  const watch = await page.evaluateHandle((regions) => {
    const said = [];
    const observer = new MutationObserver((changes) => {
      for (const { target } of changes) {
        const region = (target.nodeType === Node.TEXT_NODE ? target.parentElement : target).closest(regions);
        if (region) said.push(region.textContent);
      }
    });
    observer.observe(document.body, { childList: true, characterData: true, subtree: true });
    return { said, observer };
  }, regions);
  await goesOn();
  return watch.evaluate(({ said, observer }) => {
    observer.disconnect();
    return said;
  });
}

/** Dials what is in no other field than the address. */
export async function connect(page, url) {
  const form = page.getByRole('form', { name: 'Connect to a broker', exact: true });
  await form.getByRole('textbox', { name: 'Address', exact: true }).fill(url);
  await form.getByRole('button', { name: 'Connect', exact: true }).click();
}

/** Waits for CONNACK. */
export const connected = (page) => page.getByRole('heading', { level: 2, name: 'Connected', exact: true }).waitFor({ timeout: 60_000 });
