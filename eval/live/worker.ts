/** The worker of the page where a model is compressed and run in the browser: loads on demand, keeps what it has made. */
import { BitlossError } from '../../data/errors.ts';
import type { Engine } from '../engines/engine.ts';
import { useRuntimeBinary } from '../engines/onnx/browser-runtime.ts';
import { createOnnxEngine } from '../engines/onnx/engine.ts';
import { liveErrors as errors } from '../errors/live.ts';
import { compare } from './comparison.ts';
import { downloadAll } from './download.ts';
import { LiveModel } from './live-model.ts';
import type { FromWorker, LiveFiles, LoadedFile, ToWorker, Written } from './messages.ts';

/** Milliseconds between two drawings of the texts. */
const DRAW_MS = 40;

const models = new Map<string, Promise<LiveModel>>();
/** Addresses of files that have come. */
const have = new Set<string>();
let engine: Promise<Engine> | null = null;
let isStopped = false;

const send = (message: FromWorker) => postMessage(message);

addEventListener('message', ({ data }: MessageEvent<ToWorker>) => {
  if (data.kind === 'stop') isStopped = true;
  else void run(data);
});

async function run({ files, request }: Extract<ToWorker, { kind: 'run' }>): Promise<void> {
  isStopped = false;
  try {
    const fetchFiles = fetcher(files);
    const model = await loaded(files, fetchFiles);
    await loadPacked(model, files, fetchFiles);
    send({ kind: 'preparing' });
    for (const recipe of request.recipes) await model.variant(recipe);
    const start = performance.now();
    let lanes: Record<number, Written> = {};
    let drawn = 0;
    let tokens = 0;
    let ended = start;
    const results = await compare(model, request, {
      isStopped: () => isStopped,
      onToken(lane, written) {
        lanes[lane] = written;
        tokens += 1;
        ended = performance.now();
        if (ended - drawn < DRAW_MS) return;
        drawn = ended;
        send({ kind: 'written', lanes });
        lanes = {};
      },
    });
    send({ kind: 'finished', results, isStopped, tokensPerSecond: (tokens * 1000) / (ended - start) });
  } catch (error) {
    send({ kind: 'failed', message: explained(error) });
  }
}

/** At the first call for a model; the runtime once for all of them. */
function loaded(files: LiveFiles, fetchFiles: FetchFiles): Promise<LiveModel> {
  const found = models.get(files.name);
  if (found !== undefined) return found;
  const model = load(files, fetchFiles);
  models.set(files.name, model);
  // What could not be loaded may be tried again.
  model.catch(() => models.delete(files.name));
  return model;
}

async function load(
  { name, runtime, description, weights }: LiveFiles,
  fetchFiles: FetchFiles,
): Promise<LiveModel> {
  const wanted: LoadedFile[] = [description, weights];
  if (engine === null) wanted.push(runtime);
  const [text, bytes, wasm] = await fetchFiles(wanted);
  engine ??= start(wasm);
  return LiveModel.open(await engine, {
    name,
    weights: bytes,
    ...JSON.parse(new TextDecoder().decode(text)),
  });
}

/** Codes made in advance that the model does not have yet. */
async function loadPacked(model: LiveModel, { packed }: LiveFiles, fetchFiles: FetchFiles): Promise<void> {
  const missing = Object.entries(packed).filter(([recipe]) => !model.hasPacked(recipe));
  const come = await fetchFiles(missing.map(([, file]) => file));
  for (const [i, bytes] of come.entries()) await model.takePacked(missing[i][0], bytes);
}

type FetchFiles = (files: readonly LoadedFile[]) => Promise<readonly Uint8Array[]>;

/** Tells of all files of a run as one, whichever part of them is being loaded. */
function fetcher({ runtime, description, weights, packed }: LiveFiles): FetchFiles {
  const missing = [runtime, description, weights, ...Object.values(packed)].filter(
    ({ url }) => !have.has(url),
  );
  const total = missing.reduce((sum, { bytes }) => sum + bytes, 0);
  let before = 0;
  return async (files) => {
    const all = await downloadAll(files, (done) =>
      send({ kind: 'loading', done: before + done, total: Math.max(total, before + done) }),
    );
    before += files.reduce((sum, { bytes }) => sum + bytes, 0);
    const urls = files.map(({ url }) => url);
    for (const url of urls) have.add(url);
    send({ kind: 'loaded', urls });
    return all;
  };
}

async function start(wasm: Uint8Array): Promise<Engine> {
  if (typeof WebAssembly === 'undefined') throw errors.noWebAssembly();
  useRuntimeBinary(wasm);
  try {
    return await createOnnxEngine({ threads: 1 });
  } catch (cause) {
    throw errors.start(cause);
  }
}

/** In words for the reader, who needs no `[part of the program]` before them. */
function explained(error: unknown): string {
  const isMemory = error instanceof RangeError && /memory|allocation/i.test(error.message);
  const known =
    error instanceof BitlossError ? error : isMemory ? errors.memory(error) : errors.unexpected(error);
  return known.message.replace(/^\[\w+\] /, '').replace(/^./, (first) => first.toUpperCase());
}
