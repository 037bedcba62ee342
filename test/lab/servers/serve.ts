/**
 * The servers of `host6` as one program: `serve.ts http=80 echo=7 dns=53:ZONE`, where ZONE is a file of zone-file
 * lines. Says `ready` when all are open, and serves until it is stopped. IPv6 only, so that nobody reaches it otherwise.
 */
import fs from 'node:fs';
import { serveDns } from './dns.ts';
import { serveEcho } from './echo.ts';
import { serveHttp } from './http.ts';
import { parseZone } from './zone.ts';

async function serve(argument: string): Promise<void> {
  const [, kind, port, file = ''] = /^(\w+)=(\d+)(?::(.+))?$/.exec(argument) ?? [];
  switch (kind) {
    case 'http':
      return serveHttp(Number(port));
    case 'echo':
      return serveEcho(Number(port));
    case 'dns':
      return serveDns(parseZone(fs.readFileSync(file, 'utf8')), Number(port));
    default:
      throw new Error(`Cannot serve ${argument}: say http=PORT, echo=PORT or dns=PORT:ZONE`);
  }
}

await Promise.all(process.argv.slice(2).map(serve));
console.log('ready');
