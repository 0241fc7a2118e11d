/** Runs the requests of a task and, where it has any, the follow-up requests that depend on the answers. */
import type { Doc } from './datasets/dataset.ts';
import type { OnProgress } from './engines/engine.ts';
import type { Prepared } from './requests/prepared.ts';
import type { RequestKind, RequestKinds, Task } from './tasks/task.ts';

/** The requests about each document. */
export type Turn<D extends Doc, Kind extends RequestKind> = readonly {
  readonly doc: D;
  readonly requests: readonly RequestKinds[Kind]['request'][];
}[];

export interface Turns<D extends Doc, Kind extends RequestKind> {
  readonly task: Pick<Task<D, Kind>, 'followUp'>;
  readonly asked: Turn<D, Kind>;
  /** `asked` as tokens. */
  readonly first: Prepared<RequestKinds[Kind]['answer']>;
  prepareTurn(turn: Turn<D, Kind>): Prepared<RequestKinds[Kind]['answer']>;
  run(
    prepared: Prepared<RequestKinds[Kind]['answer']>,
    onProgress?: OnProgress,
  ): Promise<readonly RequestKinds[Kind]['answer'][]>;
  readonly onProgress: OnProgress | undefined;
}

/** The answers to each document's requests and then to its follow-up requests. Both turns count as half of the way. */
export async function answerTurns<D extends Doc, Kind extends RequestKind>({
  task: { followUp },
  asked,
  first,
  prepareTurn,
  run,
  onProgress,
}: Turns<D, Kind>) {
  if (followUp === undefined) {
    return { answers: byDocument(asked, await run(first, onProgress)), notes: first.notes };
  }
  const opening = byDocument(asked, await run(first, (done, total) => onProgress?.(done, 2 * total)));
  const further = asked.map(({ doc }, index) => ({ doc, requests: followUp(doc, opening[index]!) }));
  const second = prepareTurn(further);
  const closing = byDocument(
    further,
    await run(second, (done, total) => onProgress?.(total + done, 2 * total)),
  );
  return {
    answers: opening.map((answers, index) => [...answers, ...closing[index]!]),
    notes: [...new Set([...first.notes, ...second.notes])],
  };
}

function byDocument<D extends Doc, Kind extends RequestKind>(
  turn: Turn<D, Kind>,
  answers: readonly RequestKinds[Kind]['answer'][],
): readonly (readonly RequestKinds[Kind]['answer'][])[] {
  let next = 0;
  return turn.map(({ requests }) => answers.slice(next, (next += requests.length)));
}
