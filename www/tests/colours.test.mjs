// The colours of the design tokens: contrast by WCAG 2.2 (1.4.3 and 1.4.11), and the roles of packets apart for
// people who see fewer colours, in both themes.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import test from 'node:test';

import Color from 'colorjs.io';

const css = await readFile(new URL('../styles/tokens.css', import.meta.url), 'utf8');
const ROLES = ['pub', 'ack', 'ctl', 'sub', 'fault'];
const THEMES = { light: ':root,[data-theme=light]{', dark: '[data-theme=dark]{' };

/** Foregrounds, grounds, and the least contrast. */
const PAIRS = [
  [['text', 'text-2'], ['bg', 'panel', 'sunken', 'hover', 'select', 'note', 'danger-bg', 'ok-bg'], 4.5],
  [ROLES, ['bg', 'panel', 'select', 'sunken'], 3],
  [['on-role'], ROLES, 4.5],
  [['on-primary'], ['primary'], 4.5],
  [['select-edge'], ['panel'], 4.5],
  [['select-edge'], ['select'], 3],
  [['focus', 'line-strong'], ['panel', 'bg'], 3],
];

/** Machado, Oliveira and Fernandes 2009, severity 1, for linear sRGB. */
const SIGHTS = {
  normal: [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
  protan: [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
  deutan: [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
  tritan: [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.3039]],
};
/** The least distance of two roles (Delta E 1976 in Lab): the closest pair of the design has 19. */
const APART = 19;

function tokens(theme) {
  const from = css.indexOf(THEMES[theme]);
  assert.ok(from >= 0, `tokens.css has no ${theme} theme`);
  const found = css.slice(from, css.indexOf('}', from)).matchAll(/--([\w-]+):\s*(#[0-9A-F]{6})/gi);
  return new Map([...found].map(([, name, colour]) => [name, new Color(colour)]));
}

function seen(colour, matrix) {
  const { coords } = colour.to('srgb-linear');
  const through = matrix.map(row => row.reduce((sum, factor, at) => sum + factor * coords[at], 0));
  return new Color('srgb-linear', through.map(part => Math.min(1, Math.max(0, part))));
}

for (const theme of Object.keys(THEMES)) {
  const of = tokens(theme);

  test(`texts, roles and edges stand out in the ${theme} theme`, () => {
    const faint = [];
    for (const [fronts, grounds, least] of PAIRS) {
      for (const front of fronts) {
        for (const ground of grounds) {
          const contrast = of.get(front).contrastWCAG21(of.get(ground));
          if (contrast < least) faint.push(`${front} on ${ground}: ${contrast.toFixed(2)}, at least ${least}`);
        }
      }
    }
    assert.deepEqual(faint, []);
  });

  test(`roles are told apart by everyone in the ${theme} theme`, () => {
    const close = [];
    for (const [sight, matrix] of Object.entries(SIGHTS)) {
      for (const [at, one] of ROLES.entries()) {
        for (const other of ROLES.slice(at + 1)) {
          const apart = seen(of.get(one), matrix).deltaE76(seen(of.get(other), matrix));
          if (apart < APART) close.push(`${one} and ${other} for ${sight}: ${apart.toFixed(1)}`);
        }
      }
    }
    assert.deepEqual(close, []);
  });
}
