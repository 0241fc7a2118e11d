/** A Hugging Face hub on loopback with one model, as far as fetching a model goes, which can be told to misbehave. */
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export const COMMIT = 'a'.repeat(40);
export const ID = 'acme/tiny';

export interface SmallHub {
  readonly endpoint: string;
  /** `METHOD path [range]` of every request so far. */
  readonly seen: string[];
  readonly files: Map<string, Buffer>;
  /** Answers every request with this status while it is not null. */
  status: number | null;
  /** The token that is asked for; null for a public model. */
  token: string | null;
  /** Ends a connection after so many bytes of a body. */
  cutAfter: number;
  /** Never sends what lies at or beyond this offset of a file. */
  wall: number;
  /** Serves other bytes than were announced. */
  lies: boolean;
  close(): Promise<void>;
}

export async function startSmallHub(files: ReadonlyMap<string, Buffer>): Promise<SmallHub> {
  const server = createServer((request, response) => answer(hub, request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const hub: SmallHub = {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen: [],
    files: new Map(files),
    status: null,
    token: null,
    cutAfter: Number.POSITIVE_INFINITY,
    wall: Number.POSITIVE_INFINITY,
    lies: false,
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
  return hub;
}

const isLarge = (name: string) => name.endsWith('.safetensors') || name.endsWith('.bin');

function etagOf(name: string, content: Buffer): string {
  return isLarge(name)
    ? createHash('sha256').update(content).digest('hex')
    : createHash('sha1').update(`blob ${content.length}\0`).update(content).digest('hex');
}

function answer(hub: SmallHub, request: IncomingMessage, response: ServerResponse): void {
  const path = decodeURIComponent(new URL(request.url!, hub.endpoint).pathname);
  hub.seen.push([request.method, path, request.headers.range].filter(Boolean).join(' '));
  const file = path.startsWith(`/${ID}/resolve/${COMMIT}/`)
    ? path.slice(`/${ID}/resolve/${COMMIT}/`.length)
    : '';
  const content = hub.files.get(file);
  const isAllowed = hub.token === null || request.headers.authorization === `Bearer ${hub.token}`;
  if (hub.status === null && isAllowed && content !== undefined) {
    sendFile(hub, request, response, file, content);
    return;
  }
  const [status, body] = describe(hub, path, isAllowed);
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

function describe(hub: SmallHub, path: string, isAllowed: boolean): [number, unknown] {
  if (hub.status !== null) return [hub.status, { error: 'told to fail' }];
  if (!isAllowed) return [401, { error: 'gated' }];
  if (new RegExp(`^/api/models/${ID}/revision/(main|${COMMIT})$`).test(path)) {
    return [200, { _id: 'x', id: ID, private: false, downloads: 0, likes: 0, gated: false, sha: COMMIT }];
  }
  return path === `/api/models/${ID}/tree/${COMMIT}` ? [200, listing(hub)] : [404, { error: 'not found' }];
}

function listing(hub: SmallHub): unknown[] {
  const files = [...hub.files].map(([path, content]) => {
    const [oid, size] = [etagOf(path, content), content.length];
    return isLarge(path)
      ? { type: 'file', path, oid: 'b'.repeat(40), size, lfs: { oid, size, pointerSize: 100 } }
      : { type: 'file', path, oid, size };
  });
  return [...files, { type: 'directory', path: 'original', oid: 'c'.repeat(40), size: 0 }];
}

function sendFile(
  hub: SmallHub,
  request: IncomingMessage,
  response: ServerResponse,
  name: string,
  content: Buffer,
): void {
  const [, from = '0', to = ''] = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '') ?? [];
  const end = to === '' ? content.length : Number(to) + 1;
  const part = content.subarray(Number(from), end);
  const body = hub.lies ? Buffer.alloc(part.length, 7) : part;
  response.writeHead(request.headers.range ? 206 : 200, {
    'content-length': body.length,
    'content-range': `bytes ${from}-${end - 1}/${content.length}`,
    etag: `"${etagOf(name, content)}"`,
  });
  const allowed = Math.max(0, Math.min(hub.cutAfter, hub.wall - Number(from)));
  if (body.length <= allowed) {
    response.end(body);
    return;
  }
  response.write(body.subarray(0, allowed), () => response.destroy());
}
