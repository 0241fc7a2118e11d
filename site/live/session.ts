/** The worker that runs the model, seen from the page: started at the first run, told what to do, listened to. */
import type { FromWorker, ToWorker } from '../../eval/live/messages.ts';

const STARTING = 'The model runner could not be started: ';

export class Session {
  readonly #listen: (message: FromWorker) => void;
  #worker: Worker | null = null;

  constructor(listen: (message: FromWorker) => void) {
    this.#listen = listen;
  }

  send(message: ToWorker): void {
    this.#worker ??= this.#start();
    this.#worker.postMessage(message);
  }

  #start(): Worker {
    const worker = new Worker(new URL('../../eval/live/worker.ts', import.meta.url), { type: 'module' });
    worker.addEventListener('message', ({ data }: MessageEvent<FromWorker>) => this.#listen(data));
    worker.addEventListener('error', ({ message }) => {
      // A worker that failed as a whole does not come back; the next run starts another.
      worker.terminate();
      this.#worker = null;
      const why = message || 'its file did not load, or memory is short';
      this.#listen({
        kind: 'failed',
        message: `${STARTING}${why}. Load the page again, or close other tabs.`,
      });
    });
    return worker;
  }
}
