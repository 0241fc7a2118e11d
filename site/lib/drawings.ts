/** Drawings of charts, made on threads of their own while pages are written on the first, and each made once a build. */
import { availableParallelism } from 'node:os';
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

/** Writing pages leaves less than a core to them. */
const MOST_THREADS = Math.min(2, availableParallelism());

/** Of a thread's young objects, which Vega makes in great numbers: a larger place is cleared more seldom. */
const LIMITS = { maxYoungGenerationSizeMb: 96 };

interface Thread {
  readonly worker: Worker;
  readonly waiting: Map<number, Waiting>;
}

const made = new Map<string, Promise<string>>();
const threads: Thread[] = [];
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
  const thread = leastBusy();
  const wanted: Wanted = { id: asked++, spec, prefix };
  return new Promise((resolve, reject) => {
    thread.waiting.set(wanted.id, { resolve, reject });
    // While something is being drawn the build waits for it; after that the thread keeps nothing alive.
    thread.worker.ref();
    thread.worker.postMessage(wanted);
  });
}

function leastBusy(): Thread {
  const [first] = threads.toSorted((a, b) => a.waiting.size - b.waiting.size);
  return first === undefined || (first.waiting.size > 0 && threads.length < MOST_THREADS)
    ? startThread()
    : first;
}

function startThread(): Thread {
  const worker = new Worker(SOURCE, { resourceLimits: LIMITS });
  const waiting = new Map<number, Waiting>();
  const thread = { worker, waiting };
  worker.on('message', (drawn: Drawn) => {
    const { resolve, reject } = waiting.get(drawn.id)!;
    waiting.delete(drawn.id);
    if (waiting.size === 0) worker.unref();
    if ('svg' in drawn) resolve(drawn.svg);
    else reject(new Error(drawn.error));
  });
  worker.on('error', (error) => {
    for (const { reject } of waiting.values()) reject(error);
    threads.splice(threads.indexOf(thread), 1);
  });
  threads.push(thread);
  return thread;
}
