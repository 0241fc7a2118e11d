/**
 * `results_*.json` of lm-evaluation-harness ≥ 0.4, and `samples_<task>_*.jsonl` beside it where `--log_samples` was given.
 * Format: lm_eval/loggers/evaluation_tracker.py of github.com/EleutherAI/lm-evaluation-harness.
 */
import { z } from 'zod';
import { submissionErrors } from '../../errors/submission.ts';
import { BLANK, type ConvertedRow, defineConverter, type ItemOutcomes, type RawOutput } from './converter.ts';

const score = z.union([z.number(), z.string(), z.null()]);
const resultsSchema = z.object({
  results: z.record(z.string(), z.record(z.string(), score)),
  'n-shot': z.record(z.string(), z.number()).optional(),
  'n-samples': z.record(z.string(), z.object({ effective: z.number(), original: z.number() })).optional(),
  git_hash: z.string().nullish(),
  date: z.number().nullish().describe('seconds'),
  lm_eval_version: z.string().nullish(),
  pretty_env_info: z.string().nullish(),
});
type Results = z.infer<typeof resultsSchema>;

const sampleSchema = z
  .object({ doc_id: z.number(), doc_hash: z.string().optional(), filter: z.string().optional() })
  .loose();

/** Name of the harness → id here, where the question is the same: prompt, choices and scoring. */
const TASKS: Readonly<Record<string, string>> = {
  hellaswag: 'hellaswag',
  piqa: 'piqa',
  arc_easy: 'arc-easy',
  arc_challenge: 'arc-challenge',
  openbookqa: 'openbookqa',
  winogrande: 'winogrande',
  lambada_openai: 'lambada',
  boolq: 'boolq',
  copa: 'copa',
  rte: 'rte',
  wic: 'wic',
  anli_r1: 'anli-r1',
  anli_r2: 'anli-r2',
  anli_r3: 'anli-r3',
  mmlu: 'mmlu',
  truthfulqa_mc1: 'truthfulqa-mc1',
  truthfulqa_mc2: 'truthfulqa-mc2',
  wikitext: 'wikitext-lm-eval',
};

/** Metrics that the board has, with their units; a filter other than `none` is another metric. */
const METRICS: Readonly<Record<string, ConvertedRow['unit']>> = {
  acc: 'fraction',
  acc_norm: 'fraction',
  word_perplexity: 'perplexity',
};

export const lmEval = defineConverter({
  id: 'lm-eval',
  tool: 'lm-evaluation-harness',
  reads: 'results_*.json, or the folder with it and samples_*.jsonl',
  accepts: (name) => /^(?:results_.*\.json|samples_.*\.jsonl)$/.test(name),
  convert(output) {
    const content = readResults(output);
    const skipped: string[] = [];
    const rows = Object.entries(content.results).flatMap(([name, scores]) => {
      const task = Object.hasOwn(TASKS, name) ? TASKS[name]! : null;
      if (task !== null) return rowsOf(name, task, scores, content, output);
      skipped.push(`${name} is no task here that asks the same; it is left out.`);
      return [];
    });
    return {
      version: content.lm_eval_version ?? null,
      commit: /^[0-9a-f]{7,40}$/.test(content.git_hash ?? '') ? content.git_hash! : null,
      date: content.date == null ? null : new Date(content.date * 1000).toISOString().slice(0, 10),
      machine:
        /^(?:GPU 0|GPU models and configuration): *(?:GPU 0: )?(.+)$/m.exec(
          content.pretty_env_info ?? '',
        )?.[1] ?? null,
      rows,
      skipped,
    };
  },
});

function rowsOf(
  name: string,
  task: string,
  scores: Readonly<Record<string, z.infer<typeof score>>>,
  content: Results,
  output: RawOutput,
): ConvertedRow[] {
  return Object.entries(METRICS).flatMap(([metric, unit]): ConvertedRow[] => {
    const value = scores[`${metric},none`];
    if (typeof value !== 'number') return [];
    const stdError = scores[`${metric}_stderr,none`];
    const outcomes = unit === 'fraction' ? outcomesOf(name, metric, output) : null;
    if (outcomes !== null) requireSame(name, metric, value, outcomes);
    return [
      {
        ...BLANK,
        task,
        metric,
        unit,
        value,
        std_error: typeof stdError === 'number' ? stdError : null,
        n: content['n-samples']?.[name]?.effective ?? outcomes?.size ?? null,
        shots: content['n-shot']?.[name] ?? null,
        outcomes,
      },
    ];
  });
}

function readResults({ recipe, files }: RawOutput): Results {
  const found = files.filter(({ name }) => name.endsWith('.json'));
  const [file] = found;
  if (file === undefined || found.length > 1)
    throw submissionErrors.output(recipe, `${found.length} files results_*.json`, 'Give one a recipe.');
  const parsed = resultsSchema.safeParse(parseJson(file.name, file.text));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw submissionErrors.output(
    file.name,
    `${issue!.path.join('.') || 'the file'}: ${issue!.message}`,
    'Give the results_*.json that lm_eval writes with --output_path, version 0.4 or later.',
  );
}

/** Right or wrong by item, where the samples of this task were logged and the metric is that for every item. */
function outcomesOf(name: string, metric: string, { files }: RawOutput): ItemOutcomes | null {
  const file = files.find((one) => new RegExp(`^samples_${name}_\\d{4}-.*\\.jsonl$`).test(one.name));
  if (file === undefined) return null;
  const outcomes = new Map<string, boolean>();
  for (const line of file.text.split('\n')) {
    if (line.trim() === '') continue;
    const sample = sampleSchema.parse(parseJson(file.name, line));
    const value = sample[metric];
    if ((sample.filter ?? 'none') !== 'none') continue;
    if (value !== 0 && value !== 1) return null;
    outcomes.set(`${sample.doc_id} ${sample.doc_hash ?? ''}`, value === 1);
  }
  return outcomes.size === 0 ? null : outcomes;
}

function requireSame(name: string, metric: string, value: number, outcomes: ItemOutcomes): void {
  const right = [...outcomes.values()].filter(Boolean).length;
  if (Math.abs(right / outcomes.size - value) < 1e-9) return;
  throw submissionErrors.output(
    `samples of ${name}`,
    `${metric} ${right / outcomes.size} over ${outcomes.size} items, and ${value} in the results`,
    'Give the samples of the same call.',
  );
}

function parseJson(name: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw submissionErrors.output(name, (error as Error).message, 'Give the file as the tool wrote it.');
  }
}
