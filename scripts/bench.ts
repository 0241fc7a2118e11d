/** `pnpm bench gpu`: measures the CUDA engine and what it is compared with, prints a table, writes data/bench/. */
import { BitlossError } from '../data/errors.ts';
import { describeMachine } from '../eval/machine.ts';
import { type BenchArguments, parseBenchArguments, USAGE } from './bench/arguments.ts';
import type { Bench } from './bench/bench.ts';
import { benches } from './bench/benches/index.ts';
import { benchHost } from './bench/host.ts';
import { openLab } from './bench/open-lab.ts';
import { noPeers, type PeerResults, runPeers } from './bench/peers.ts';
import { runBenches } from './bench/run.ts';
import { LLAMA_8B } from './bench/shapes.ts';

const log = (line: string) => console.log(line);

/** @returns how many benchmarks failed */
async function main(given: BenchArguments): Promise<number> {
  const { names, quick, mostRepeats, budgetSeconds, peerPython, out } = given;
  const wanted = benches.filter(({ name }) => names.includes(name));
  const peers = await comparedWith(wanted, { quick, mostRepeats, peerPython });
  const started = performance.now();
  const lab = await openLab({ quick, mostRepeats, peers });
  log(`${lab.gpu}: opened and its rates measured in ${((performance.now() - started) / 1000).toFixed(1)} s`);
  try {
    const command = `pnpm bench ${withoutOut(process.argv.slice(2)).join(' ')}`;
    const machine = await describeMachine();
    const host = await benchHost({ out, command, budgetSeconds, lab, peers, machine, log });
    const failed = await runBenches(wanted, lab, host);
    for (const line of lab.slowProducts()) log(line);
    return failed;
  } finally {
    await lab.close();
  }
}

/** The peers go first: their process gives all memory back when it ends. */
async function comparedWith(
  wanted: readonly Bench[],
  { quick, mostRepeats, peerPython: python }: Pick<BenchArguments, 'quick' | 'mostRepeats' | 'peerPython'>,
): Promise<PeerResults> {
  if (python === null) return noPeers('The run was told to leave the peers out (--no-peers).');
  const jobs = wanted.flatMap(({ peer }) => peer?.(quick) ?? []);
  if (jobs.length === 0) return noPeers('Nothing here has a peer.');
  log(`Peers (${python}): ${jobs.map(({ name }) => name).join(', ')}`);
  const settings = Object.fromEntries(
    jobs.map(({ name, settings }) => [
      name,
      { ...settings, repeats: Math.min(settings.repeats, mostRepeats) },
    ]),
  );
  const started = performance.now();
  const results = await runPeers(python, { config: LLAMA_8B, ...settings }, log);
  log(`Peers took ${((performance.now() - started) / 1000).toFixed(1)} s, which no budget counts.`);
  return results;
}

/** Where files go is nothing that a number depends on. */
function withoutOut(args: readonly string[]): readonly string[] {
  return args.filter((text, i) => !text.startsWith('--out') && args[i - 1] !== '--out');
}

const parsed = process.argv.includes('--help')
  ? USAGE
  : parseBenchArguments(
      process.argv.slice(2),
      benches.map(({ name }) => name),
    );
if (typeof parsed === 'string') {
  console.log(parsed === USAGE ? USAGE : `${parsed}\n\n${USAGE}`);
  process.exitCode = parsed === USAGE ? 0 : 2;
} else {
  try {
    process.exitCode = (await main(parsed)) === 0 ? 0 : 1;
  } catch (error) {
    if (!(error instanceof BitlossError)) throw error;
    console.error(error.message);
    process.exitCode = 1;
  }
}
