// Hosts that know nothing of the page but its files, for the tests of what works anywhere.

import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { root } from './harness.mjs';

const types = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.wasm': 'application/wasm',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.webmanifest': 'application/manifest+json',
};

/**
 * Serves folders by the path that they appear under: `{ '/deep/down/': '/…/dist' }`. `pages` are texts by their paths,
 * `headers` go with every answer, `redirects` are addresses by paths. All of them may be changed while it serves.
 */
export async function startHost({ folders = { '/': join(root, 'dist') }, pages = {}, headers = {}, redirects = {} } = {}) {
  const host = { folders, pages, headers, redirects };
  const server = createServer(async (request, response) => {
    const path = decodeURIComponent(new URL(request.url, 'http://host').pathname);
    const send = (status, type, more = {}) => response.writeHead(status, { 'content-type': type, ...host.headers, ...more });
    if (path in host.redirects) return send(308, 'text/plain', { location: host.redirects[path] }).end();
    if (path in host.pages) return send(200, types['.html']).end(host.pages[path]);
    const [mount, folder] = Object.entries(host.folders).find(([mount]) => path.startsWith(mount)) ?? [];
    const file = folder && join(folder, normalize(`/${path.slice(mount.length)}` + (path.endsWith('/') ? 'index.html' : '')));
    const found = file && (await stat(file).catch(() => null));
    if (!found?.isFile()) return send(404, 'text/plain').end('not here');
    send(200, types[extname(file)] ?? 'application/octet-stream');
    createReadStream(file).pipe(response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  host.url = `http://127.0.0.1:${server.address().port}`;
  host.stop = () => {
    server.closeAllConnections();
    return new Promise((done) => server.close(done));
  };
  return host;
}
