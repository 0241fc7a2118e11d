/** Whether what is here is what a run was made from, and what cannot be the same. */
import type { Manifest } from '../../data/schema.ts';
import { verifyErrors } from '../errors/verify.ts';

/** @throws verify/weights, verify/inputs where a file that is read here has another content than that of the run */
export function checkInputs(published: Manifest, here: Manifest): void {
  const [there, now] = [published, here].map(({ models: [model] }) =>
    model!.weights.map(({ sha256 }) => sha256).join(', '),
  );
  if (there !== now) throw verifyErrors.weights(published.run_id, there!, now!);
  const changed = changedInputs(published, here);
  if (changed.length > 0) throw verifyErrors.inputs(published.run_id, changed);
}

/** Files that are read here and differ, weights excepted, as phrases; a part of a run reads less than all of it. */
export function changedInputs(published: Manifest, here: Manifest): readonly string[] {
  const there = hashesOf(published);
  return Object.entries(hashesOf(here)).flatMap(([what, hash]) =>
    hash === null || there[what] === hash ? [] : [`${what}: ${there[what] ?? 'nothing'} there, ${hash} here`],
  );
}

function hashesOf({
  models: [model],
  calibration,
  datasets,
}: Manifest): Readonly<Record<string, string | null>> {
  return {
    'config.json': model!.config_sha256,
    'tokenizer.json': model!.tokenizer_sha256,
    'the calibration text': calibration?.sha256 ?? null,
    ...Object.fromEntries(
      datasets.flatMap(({ id, files }) => files.map(({ name, sha256 }) => [`${name} of ${id}`, sha256])),
    ),
  };
}

/** What numbers may depend on and is another here, as phrases for a record. */
export function whatDiffers(published: Manifest, here: Manifest): readonly string[] {
  const facts: readonly [string, (manifest: Manifest) => string][] = [
    ['engine', ({ engine: { id, version, provider } }) => `${id} ${version} ${provider}`],
    ['device', deviceOf],
    [
      'code',
      ({ code_commit, code_dirty }) => `${code_commit ?? 'no commit'}${code_dirty ? ' with changes' : ''}`,
    ],
    ['kernels', ({ kernel_library_sha256: hash }) => (hash === null ? 'none' : hash.slice(0, 12))],
  ];
  return facts.flatMap(([what, of]) => {
    const [there, now] = [of(published), of(here)];
    // Another engine has other kernels, which goes without saying.
    const isSaid = what === 'kernels' && published.engine.id !== here.engine.id;
    return there === now || isSaid ? [] : [`${what}: ${there} there, ${now} here`];
  });
}

export function deviceOf({ engine, machine: { cpu, cores, gpu, node } }: Manifest): string {
  return engine.id === 'cuda' ? (gpu ?? 'no GPU') : `${cpu}, ${cores} cores, Node ${node.replace(/^v/, '')}`;
}
