import { expect, test } from 'vitest';
import { helpText } from '../../../eval/cli/help.ts';

test('the help text at 100 columns', () => {
  expect(helpText(100)).toMatchInlineSnapshot(`
    "Usage: pnpm eval [options]
           pnpm eval reproduce …    measures a published run or row again
           pnpm eval spot-check …   measures random items of published runs again

    Compresses language models, measures what they lose, and stores every finished cell at once. The
    same command again goes on where an earlier one stopped and computes nothing twice. Without options:
    the default suite, a small sweep of a shipped model on the tasks of its own world. No network and no
    GPU needed.

    What to measure
      -s, --suite NAME              a named sweep, see --list; the options below replace its models,
                                    recipes, tasks and limits (default: default)
      -m, --model MODEL             folder with a Hugging Face checkpoint, Hugging Face id, or shipped
                                    model (default: those of the suite); may be repeated
      -r, --recipe RECIPE           such as rtn-w4g128 or gptq-w3g128-actorder; rtn-w4g64a8 and rtn-kv4
                                    round activations or keys and values; fp16 is always measured too
                                    (default: those of the suite); may be repeated
      -t, --task TASK               see --list (default: those of the suite; with --data, those of the
                                    folder); may be repeated
          --data DIR                folder with public evaluation sets such as wikitext2 or hellaswag
          --limit N                 at most N items of each task, or TASK=N for one of them; results of
                                    another limit are another cell (default: as in the suite, else all);
                                    may be repeated

    How
          --engine ID               onnx (default), or cuda: one NVIDIA GPU, after \`pnpm kernels\`
      -j, --jobs N                  measure N parts of the sweep at a time (models, or groups of
                                    recipes), each in a process of its own; with engine cuda, N on each
                                    GPU (default: 1; on GPUs 4 where all models have fewer than 100
                                    million parameters, which alone leave a GPU idle while tokens are
                                    counted and cells are stored)
          --devices N               GPUs for engine cuda, such as 0,1; a single one is used by this
                                    process itself (default: all, each by processes of its own); may be
                                    repeated
          --threads N               processor threads of one process (default: all cores, shared among
                                    the jobs)
          --provider ID             of onnx: cpu (default) or webgpu: any GPU with Vulkan, Metal or
                                    Direct3D 12
          --dtype TYPE              of cuda: f32, f16 or bf16 for weights and activations, or auto
                                    (default): f32 below 100 million parameters, bf16 from there on
          --memory SIZE             keep at most this much of the weights in memory and stream the rest,
                                    such as 2GiB (default: 1GiB)
          --window TOKENS           window of rolling perplexity (default: 2048, or what the model can
                                    see if that is less)
          --bos RULE                where BOS stands: tokenizer (default), never, always or window; what
                                    a task cannot do is left out
          --seed N                  seed of everything random, such as the choice of calibration samples
                                    (default: 0)
          --calibration-text TEXT   world-train (default), wikitext2 or c4 from the data folder, or a
                                    text file; only for methods that calibrate, and for --stats
          --calibration-samples N   number of calibration samples (default: 128)
          --calibration-length TOKENS
                                    tokens in a sample (default: 2048, or what the model can see if that
                                    is less)
          --calibration-mode MODE   sequential (default, as published): each block sees what the
                                    compressed blocks before it put out; parallel: what the original
                                    ones did, in one pass for all recipes

    Where results go
          --db FILE                 DuckDB file (default: data/bitloss.duckdb)
          --out DIR                 folder for run files and per-item outcomes (default: data/local)
          --cache DIR               folder for compressed weights while they are in use (default:
                                    .cache)
          --keep                    keep compressed weights in the cache instead of deleting them after
                                    use
          --save WHO                when the run is complete, also copy it to data/results/WHO/; with
                                    --stats, write to data/tensors/WHO/

    Other
      -n, --dry-run                 print the plan, with what it leaves out and why, and stop
          --retry                   measure failed cells again
          --stats                   instead of a sweep: AbsMax, standard deviation and kurtosis of
                                    weights, activations, keys and values, layer by layer, over the
                                    calibration samples
      -l, --list                    print shipped models, methods and tasks, and stop
      -h, --help                    print this text and stop

    Examples
      pnpm eval
          the default suite, in minutes
      pnpm eval --suite zoo --jobs 4
          every shipped model with all recipes, four models at a time
      pnpm eval --recipe gptq-w3g128-actorder --recipe rtn-w3g64
          two recipes on the model of the default suite
      pnpm eval --model meta-llama/Llama-3.2-1B --recipe rtn-w4g128 --data ~/data
          a model from Hugging Face on public evaluation sets
      pnpm eval --stats --model meta-llama/Llama-3.2-1B
          where the outliers of a model are
      pnpm eval --dry-run
          what would be computed, and what is left out and why
    "
  `);
});

test.each([80, 100, 140])('no line of it is longer than %d columns', (width) => {
  for (const line of helpText(width).split('\n')) expect(line.length).toBeLessThanOrEqual(width);
});
