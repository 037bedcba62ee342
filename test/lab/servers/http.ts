/** A small web server: a page that names its peer, and as many octets as one asks for. */
import { once } from 'node:events';
import http from 'node:http';
import { pipeline, Readable } from 'node:stream';

const CHUNK = Buffer.alloc(1 << 20);

/** `count` octets in chunks of up to 1 MiB. */
function* octets(count: number): Generator<Buffer> {
  for (let left = count; left > 0; left -= CHUNK.length) yield left < CHUNK.length ? CHUNK.subarray(0, left) : CHUNK;
}

function answer(request: http.IncomingMessage, response: http.ServerResponse): void {
  const wanted = /^\/bytes\/(\d{1,12})$/.exec(request.url ?? '')?.[1];
  if (wanted !== undefined) {
    response.writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': wanted });
    // A client that goes away early ends the stream; nobody else needs to know.
    pipeline(Readable.from(octets(Number(wanted))), response, () => {});
    return;
  }
  response.writeHead(request.url === '/' ? 200 : 404, { 'content-type': 'text/plain; charset=utf-8' });
  response.end(`Hello over IPv6. You are ${request.socket.remoteAddress}.\n`);
}

/** Serves on all IPv6 addresses: `/` a line of text, `/bytes/N` N octets. Resolves when the socket is open. */
export async function serveHttp(port: number): Promise<void> {
  const server = http.createServer(answer);
  server.listen({ port, host: '::', ipv6Only: true });
  await once(server, 'listening');
}
