/** Draws what `drawings.ts` asks for, on a thread of its own. */
import { parentPort } from 'node:worker_threads';
import type { Drawn, Wanted } from './drawings.ts';
import { drawSvg, type TopLevelSpec } from './vega.ts';

parentPort!.on('message', async ({ id, spec, prefix }: Wanted) => {
  const answer = await drawSvg(JSON.parse(spec) as TopLevelSpec, prefix).then(
    (svg): Drawn => ({ id, svg }),
    (error: Error): Drawn => ({ id, error: error.message }),
  );
  parentPort!.postMessage(answer);
});
