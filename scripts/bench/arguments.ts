/** The command line of `pnpm bench`. */
import { parseArgs } from 'node:util';

export const USAGE = `pnpm bench gpu [NAME…] [--quick] [--peer-python python3] [--no-peers]
               [--repeats N] [--budget S] [--out data/bench]

  NAME…          some benchmarks; all without a name
  --quick        small work, one repeat: shows that everything runs; nothing is saved
  --repeats N    at most N repeats, for runs that must be short
  --budget S     seconds a benchmark behind which no further repeat ends, in place of its own
  --peer-python  the Python that has PyTorch and transformers
  --no-peers     leaves out what is compared with
  --out          where <gpu>/<name>.json goes`;

export interface BenchArguments {
  readonly names: readonly string[];
  readonly quick: boolean;
  /** Infinite where nothing is said. */
  readonly mostRepeats: number;
  /** Null: that of each benchmark. */
  readonly budgetSeconds: number | null;
  /** Null: no peers. */
  readonly peerPython: string | null;
  readonly out: string;
}

/** The arguments, or what is wrong with them. */
export function parseBenchArguments(
  args: readonly string[],
  known: readonly string[],
): BenchArguments | string {
  let parsed: ReturnType<typeof parse>;
  try {
    parsed = parse(args);
  } catch (error) {
    return (error as Error).message;
  }
  const [what, ...names] = parsed.positionals;
  if (what !== 'gpu') return `"${what ?? ''}" is nothing that can be measured here; only "gpu" is.`;
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length > 0)
    return `No benchmark is called "${unknown.join('", "')}". Known: ${known.join(', ')}.`;
  const mostRepeats = Number(parsed.values.repeats);
  if (!(mostRepeats >= 1)) return `--repeats ${parsed.values.repeats} is no number of repeats: 1 or more.`;
  const budget = parsed.values.budget === undefined ? null : Number(parsed.values.budget);
  if (budget !== null && !(budget >= 0)) return `--budget ${parsed.values.budget} is no number of seconds.`;
  const { quick, out, 'no-peers': without, 'peer-python': peerPython } = parsed.values;
  return {
    names: names.length === 0 ? known : names,
    quick,
    mostRepeats,
    budgetSeconds: budget,
    peerPython: without ? null : peerPython,
    out,
  };
}

function parse(args: readonly string[]) {
  return parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      quick: { type: 'boolean', default: false },
      repeats: { type: 'string', default: 'Infinity' },
      budget: { type: 'string' },
      'no-peers': { type: 'boolean', default: false },
      'peer-python': { type: 'string', default: 'python3' },
      out: { type: 'string', default: 'data/bench' },
    },
  });
}
