/**
 * Scores two windows of 2048 tokens with a checkpoint and prints the time and the highest resident memory:
 *
 *     node scripts/memory-check.ts FOLDER [--memory-mb 1024]
 */
import { parseArgs } from 'node:util';
import { openCheckpoint } from '../eval/checkpoint/checkpoint.ts';
import { residentWeights } from '../eval/checkpoint/resident.ts';
import { createOnnxEngine } from '../eval/engines/onnx/engine.ts';

const WINDOW = 2048;
const WINDOWS = 2;
const MEBIBYTE = 2 ** 20;

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { 'memory-mb': { type: 'string', default: '1024' } },
});
const folder = positionals[0];
if (folder === undefined) throw new Error('Usage: node scripts/memory-check.ts FOLDER [--memory-mb 1024]');

const checkpoint = await openCheckpoint(folder);
const { architecture } = checkpoint;
const engine = await createOnnxEngine({ provider: 'cpu' });
const weights = residentWeights(checkpoint.weights, architecture, Number(values['memory-mb']) * MEBIBYTE);
const model = await engine.load(architecture, weights, { workspaceBytes: 256 * MEBIBYTE });

// Any tokens will do; consecutive multiples of a number prime to the vocabulary visit all of it.
const tokens = Array.from({ length: WINDOW * WINDOWS }, (_, i) => (i * 7919) % architecture.vocabSize);
const requests = Array.from({ length: WINDOWS }, (_, i) => {
  const window = tokens.slice(i * WINDOW, (i + 1) * WINDOW);
  return { context: window.slice(0, 1), continuations: [window.slice(1)] };
});
const started = performance.now();
const scored = await model.score(requests);
const seconds = (performance.now() - started) / 1000;
const all = scored.flatMap(([only]) => [...only!.logProbabilities]);
const perplexity = Math.exp(-all.reduce((sum, value) => sum + value, 0) / all.length);

console.log(`perplexity ${perplexity.toFixed(1)} over ${all.length} tokens, ${seconds.toFixed(1)} s`);
console.log(`peak resident memory ${(process.resourceUsage().maxRSS / 1024).toFixed(0)} MiB`);
await engine.close();
await checkpoint.close();
