/** Texts of a data folder that methods are calibrated on in published comparisons. */
import { z } from 'zod';
import { type Dataset, type Doc, defineDataset, type Form } from './dataset.ts';
import { parseJsonLines } from './json-lines.ts';

export interface CalibrationDoc extends Doc {
  readonly text: string;
}

/** The training split, one document: what GPTQ, SliM-LLM and OmniQuant are calibrated on; never the test split. */
const wikitext2 = defineDataset<CalibrationDoc>({
  source: 'folder',
  id: 'wikitext2',
  title: 'WikiText-2 (raw), training split',
  origin: 'wiki.train.raw of wikitext-2-raw-v1 (Merity et al. 2016, arXiv:1609.07843)',
  forms: [
    {
      files: ['wikitext2/wiki.train.raw'],
      parse([file], problems) {
        if (file!.text.trim() === '') problems.add(file!.name, null, null, 'the text is empty');
        return [{ id: 'train', text: file!.text }];
      },
    },
  ],
});

/** 300 documents: Wanda, SparseGPT, PB-LLM and BiLLM are calibrated on C4, of whose first file this is a sample. */
const c4 = defineDataset<CalibrationDoc>({
  source: 'folder',
  id: 'c4',
  title: 'C4 (English), 300 documents',
  origin:
    'data/c4_demo.jsonl of hiyouga/LLaMA-Factory, from allenai/c4 (Raffel et al. 2020, arXiv:1910.10683)',
  forms: [jsonLines('calib/llamafactory_c4_demo.jsonl')],
});

/** By the name that `--calibration-text` takes. */
export const CALIBRATION_TEXTS: Readonly<Record<string, Dataset<CalibrationDoc>>> = { wikitext2, c4 };

/** One document a line, in its field `text`. */
function jsonLines(file: string): Form<CalibrationDoc> {
  const schema = z.object({ text: z.string().min(1, 'expected a text that is not empty') });
  return {
    files: [file],
    parse: ([found], problems) =>
      parseJsonLines(found!, schema, problems).map(({ line, value }) => ({
        id: `line-${line}`,
        text: value.text,
      })),
  };
}
