/**
 * `benchmark_report.json` of optimum-benchmark: speed and memory on one machine, shown beside what a recipe keeps.
 * Format: optimum_benchmark/benchmark/report.py of github.com/huggingface/optimum-benchmark.
 */
import { z } from 'zod';
import { submissionErrors } from '../../errors/submission.ts';
import { BLANK, type ConvertedRow, defineConverter } from './converter.ts';

const latency = z.object({
  unit: z.literal('s'),
  mean: z.number(),
  stdev: z.number(),
  count: z.int().positive(),
});
const phase = z.object({
  memory: z.object({ unit: z.literal('MB'), max_allocated: z.number().nullable() }).nullable(),
  latency: latency.nullable(),
  throughput: z.object({ unit: z.string(), value: z.number() }).nullable(),
});
const reportSchema = z.object({ prefill: phase, decode: phase });

export const optimum = defineConverter({
  id: 'optimum-benchmark',
  tool: 'optimum-benchmark',
  reads: 'benchmark_report.json',
  accepts: (name) => name === 'benchmark_report.json',
  convert({ recipe, files }) {
    const [file] = files;
    if (file === undefined || files.length > 1)
      throw submissionErrors.output(
        recipe,
        `${files.length} files`,
        'Give one benchmark_report.json a recipe.',
      );
    const parsed = reportSchema.safeParse(parse(file));
    if (!parsed.success) {
      const [issue] = parsed.error.issues;
      throw submissionErrors.output(
        file.name,
        `${issue!.path.join('.')}: ${issue!.message}`,
        'Give the report of a text generation with prefill and decode.',
      );
    }
    const { prefill, decode } = parsed.data;
    const rows: ConvertedRow[] = [];
    if (prefill.latency !== null) {
      const { mean, stdev, count } = prefill.latency;
      const std_error = stdev / Math.sqrt(count);
      rows.push({
        ...BLANK,
        task: 'prefill-latency',
        metric: 'mean',
        unit: 'seconds',
        value: mean,
        std_error,
        n: count,
      });
    }
    if (decode.throughput?.unit === 'tokens/s')
      rows.push({
        ...BLANK,
        task: 'decode-throughput',
        metric: 'mean',
        unit: 'tokens/s',
        value: decode.throughput.value,
      });
    const bytes = decode.memory?.max_allocated ?? null;
    if (bytes !== null)
      rows.push({ ...BLANK, task: 'decode-memory', metric: 'peak', unit: 'megabytes', value: bytes });
    return { version: null, commit: null, date: null, machine: null, rows, skipped: [] };
  },
});

function parse({ name, text }: { readonly name: string; readonly text: string }): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw submissionErrors.output(name, (error as Error).message, 'Give the file as the tool wrote it.');
  }
}
