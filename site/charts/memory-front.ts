/** The Pareto front of bytes against score, over the models that this project measured on the same tasks. */
import { defineChart } from './chart.ts';
import { drawFront, FRONT_COLUMNS, frontFinding, largestSource } from './memory-front-drawing.ts';
import { legendOf } from './most-used.ts';

export const memoryFront = defineChart({
  id: 'memory-front',
  view: 'memory_front',
  form: 'Points for models and recipes by the bytes of the whole model and their score, with a step line through those that nothing smaller equals.',
  sizes: ['wide', 'narrow'],
  caution:
    'The score is the mean over tasks of right answers above chance: 0 % is guessing, 100 % is all right. Bytes are those of the stored model, what stays at 16 bit included; the cache and the working memory come on top.',
  title: () => 'For the same memory: more parameters, or more bits?',
  finding: frontFinding,
  select: (rows) => largestSource(rows.filter(({ measure }) => measure === 'tasks')),
  legend: (rows) => legendOf(rows.filter(({ is_front }) => is_front)),
  columns: FRONT_COLUMNS,
  spec: drawFront,
});
