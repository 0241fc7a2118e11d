/** The Pareto front of bytes against perplexity, in the publication that printed the most of it. */
import { defineChart } from './chart.ts';
import { drawFront, FRONT_COLUMNS, frontFinding, largestSource } from './memory-front-drawing.ts';
import { legendOf } from './most-used.ts';

export const memoryFrontReported = defineChart({
  id: 'memory-front-reported',
  view: 'memory_front',
  form: 'Points for models and recipes by the bytes of their weights and their perplexity, with a step line through those that nothing smaller equals.',
  sizes: ['wide', 'narrow'],
  caution:
    'Perplexity of WikiText-2; models with other tokenizers or training data do not compare in it. Bytes are bits × parameters: true bits where the source states them, else nominal ones, which leave out scales.',
  title: (rows) => `What does a byte buy, as ${rows[0]?.source_title ?? 'a publication'} reports it?`,
  finding: frontFinding,
  select: (rows) => largestSource(rows.filter(({ measure }) => measure === 'perplexity')),
  legend: (rows) => legendOf(rows.filter(({ is_front }) => is_front)),
  columns: FRONT_COLUMNS,
  spec: drawFront,
});
