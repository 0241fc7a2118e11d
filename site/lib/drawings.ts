/** Drawings of charts, made on a second thread while pages are written on the first, and each made once a build. */
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { TopLevelSpec } from './vega.ts';

export interface Wanted {
  readonly id: number;
  /** A Vega-Lite specification as JSON. */
  readonly spec: string;
  readonly prefix: string;
}

export type Drawn =
  | { readonly id: number; readonly svg: string }
  | { readonly id: number; readonly error: string };

interface Waiting {
  readonly resolve: (svg: string) => void;
  readonly reject: (error: Error) => void;
}

/** Node runs the worker from its source: it is in no bundle, so the path starts at the repository. */
const SOURCE = join(process.cwd(), 'site/lib/drawing-worker.ts');

const made = new Map<string, Promise<string>>();
const waiting = new Map<number, Waiting>();
let worker: Worker | null = null;
let asked = 0;

/**
 * As `drawSvg` of vega.ts; pages that show the same drawing share it.
 * @throws whatever Vega says of a specification that it cannot compile
 */
export function draw(spec: TopLevelSpec, prefix: string): Promise<string> {
  const text = JSON.stringify(spec);
  const key = `${prefix} ${text}`;
  const known = made.get(key) ?? ask(text, prefix);
  made.set(key, known);
  return known;
}

function ask(spec: string, prefix: string): Promise<string> {
  worker ??= startWorker();
  const wanted: Wanted = { id: asked++, spec, prefix };
  return new Promise((resolve, reject) => {
    waiting.set(wanted.id, { resolve, reject });
    // While something is being drawn the build waits for it; after that the thread keeps nothing alive.
    worker!.ref();
    worker!.postMessage(wanted);
  });
}

function startWorker(): Worker {
  const started = new Worker(SOURCE);
  started.on('message', (drawn: Drawn) => {
    const { resolve, reject } = waiting.get(drawn.id)!;
    waiting.delete(drawn.id);
    if (waiting.size === 0) started.unref();
    if ('svg' in drawn) resolve(drawn.svg);
    else reject(new Error(drawn.error));
  });
  started.on('error', (error) => {
    for (const { reject } of waiting.values()) reject(error);
    waiting.clear();
    worker = null;
  });
  return started;
}
