/** `pnpm bench gpu`: measures the CUDA engine and what it is compared with, prints a table, writes data/bench/. */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { benchFileSchema } from '../data/bench-schema.ts';
import { BitlossError } from '../data/errors.ts';
import { describeCode, describeMachine, PROJECT_ROOT } from '../eval/machine.ts';
import { type BenchArguments, parseBenchArguments, USAGE } from './bench/arguments.ts';
import type { Bench } from './bench/bench.ts';
import { benches } from './bench/benches/index.ts';
import { gpuSlug, readGpuState } from './bench/gpu-state.ts';
import { openLab } from './bench/open-lab.ts';
import { noPeers, type PeerResults, runPeers } from './bench/peers.ts';
import { type BenchHost, runBenches } from './bench/run.ts';
import { LLAMA_8B } from './bench/shapes.ts';

const log = (line: string) => console.log(line);

/** @returns how many benchmarks failed */
async function main({ names, quick, mostRepeats, peerPython, out }: BenchArguments): Promise<number> {
  const wanted = benches.filter(({ name }) => names.includes(name));
  const peers = await comparedWith(wanted, { quick, mostRepeats, peerPython });
  const lab = await openLab({ quick, mostRepeats, peers }, log);
  try {
    return await runBenches(wanted, lab, await hostOf(out, lab.build, peers, lab.rates));
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
  return runPeers(python, { config: LLAMA_8B, ...settings }, log);
}

async function hostOf(
  out: string,
  kernels: string,
  peers: PeerResults,
  rates: BenchHost['facts']['rates'],
): Promise<BenchHost> {
  const machine = await describeMachine();
  const folder = path.join(path.resolve(out), gpuSlug(machine.gpu ?? 'unknown'));
  const command = `pnpm bench ${withoutOut(process.argv.slice(2)).join(' ')}`;
  return {
    facts: { command, ...(await describeCode(PROJECT_ROOT)), machine, kernels, peer: peers.versions, rates },
    now: () => new Date(),
    gpuState: readGpuState,
    save: (file) => {
      mkdirSync(folder, { recursive: true });
      const text = JSON.stringify(benchFileSchema.parse(file), null, 1);
      writeFileSync(path.join(folder, `${file.name}.json`), `${text}\n`);
    },
    log,
  };
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
