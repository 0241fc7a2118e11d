/**
 * Text that `llama-perplexity` prints, with `--kl-divergence` too: chunks of WikiText-2's test text.
 * Format: tools/perplexity of github.com/ggml-org/llama.cpp.
 */
import { submissionErrors } from '../../errors/submission.ts';
import { BLANK, type ConvertedRow, defineConverter } from './converter.ts';

const NUMBER = String.raw`(-?\d+(?:\.\d+)?(?:e[+-]?\d+)?)`;
const PERPLEXITY = new RegExp(String.raw`^Final estimate: PPL = ${NUMBER} \+/- ${NUMBER}`, 'm');
const PERPLEXITY_WITH_KL = new RegExp(
  String.raw`^Mean PPL\(Q\)\s*:\s*${NUMBER}\s*(?:±|\+/-)\s*${NUMBER}`,
  'm',
);
const DIVERGENCE = new RegExp(String.raw`^Mean\s+KLD:\s*${NUMBER}\s*(?:±|\+/-)\s*${NUMBER}`, 'm');
const CHUNKS = /calculating perplexity over (\d+) chunks, n_ctx=(\d+)/;
const DIVERGENCE_CHUNKS = /computing over (\d+) chunks, n_ctx=(\d+)/;
const BUILD = /build\s*[:=]\s*(\d+) \(([0-9a-f]{7,40})\)/;
const SIZE = /(?:model size|file size)\s*=\s*([\d.]+) (MiB|GiB) \(([\d.]+) BPW\)/;
const UNIT = { MiB: 2 ** 20, GiB: 2 ** 30 } as const;

export const llamaCpp = defineConverter({
  id: 'llama.cpp',
  tool: 'llama.cpp llama-perplexity',
  reads: 'what llama-perplexity printed, both streams, run on wiki.test.raw',
  accepts: (name) => /\.(?:log|txt|out)$/.test(name),
  convert({ files }) {
    const [file] = files;
    if (file === undefined || files.length > 1)
      throw submissionErrors.output('llama.cpp', `${files.length} files`, 'Give one log a recipe.');
    const { name, text } = file;
    const perplexity = PERPLEXITY.exec(text) ?? PERPLEXITY_WITH_KL.exec(text);
    if (perplexity === null)
      throw submissionErrors.output(
        name,
        'no line "Final estimate: PPL = … +/- …"',
        'Keep all that llama-perplexity prints, with 2>&1.',
      );
    const [, chunks, context] = CHUNKS.exec(text) ?? DIVERGENCE_CHUNKS.exec(text) ?? [];
    const [, build, commit] = BUILD.exec(text) ?? [];
    const [, size, unit, bits] = SIZE.exec(text) ?? [];
    const common = {
      ...BLANK,
      context: context === undefined ? null : Number(context),
      n: chunks === undefined ? null : Number(chunks),
      bits_per_weight: bits === undefined ? null : Number(bits),
      size_bytes: size === undefined ? null : Math.round(Number(size) * UNIT[unit as keyof typeof UNIT]),
    };
    const row = (
      task: string,
      metric: string,
      rowUnit: ConvertedRow['unit'],
      found: RegExpExecArray,
    ): ConvertedRow => {
      return { ...common, task, metric, unit: rowUnit, value: Number(found[1]), std_error: Number(found[2]) };
    };
    const rows = [row('wikitext2-llama-cpp', 'perplexity', 'perplexity', perplexity)];
    const skipped = DIVERGENCE.test(text)
      ? ['The KL divergence compares with 16 bit already and has no 16-bit row; it is left out.']
      : [];
    return { version: build ?? null, commit: commit ?? null, date: null, machine: null, rows, skipped };
  },
});
