/** Terms of the field in a sentence each; pages link to them by id. */
export const TERMS = [
  {
    id: 'perplexity',
    term: 'Perplexity',
    sentence:
      'How many words the model hesitates between, on average, at each step of a text; lower is better, and half the perplexity is twice the probability.',
  },
  {
    id: 'bits-per-weight',
    term: 'Bits per weight',
    sentence:
      'Stored bytes × 8 ÷ number of weights; true bits count scales and zero points, nominal bits do not.',
  },
  {
    id: 'group-size',
    term: 'Group size (g)',
    sentence:
      'How many neighbouring weights share a scale: smaller groups follow the weights more closely and cost more bits.',
  },
  {
    id: 'weights',
    term: 'Weights, activations, cache (W, A, KV)',
    sentence:
      'What is stored of the model, what flows through it, and what attention remembers of the text so far; each can be stored in fewer bits.',
  },
  {
    id: 'act-order',
    term: 'Act-order',
    sentence:
      'GPTQ rounds the columns with the largest inputs first, so that their errors are made up for by all others.',
  },
  {
    id: 'calibration-data',
    term: 'Calibration data',
    sentence: 'A little text that a method runs through the model to see which weights matter.',
  },
  {
    id: 'sparsity',
    term: 'Sparsity',
    sentence: 'Share of weights set to zero; 2:4 means two of every four.',
  },
  {
    id: 'baseline',
    term: 'Baseline',
    sentence: 'The uncompressed 16-bit model, scored by the same source under the same protocol.',
  },
  {
    id: 'chance',
    term: 'Chance',
    sentence: 'The score of guessing: 25 % with four choices. A model at chance has nothing left to lose.',
  },
  {
    id: 'acc-norm',
    term: 'acc and acc_norm',
    sentence:
      'Accuracy when the likeliest answer counts, and when its likelihood is first divided by its length; the two differ by points.',
  },
  { id: 'shots', term: 'Shots', sentence: 'Solved examples that stand in the prompt before the question.' },
  {
    id: 'interval',
    term: '95 % interval',
    sentence:
      'The range that would hold the true number in 95 of 100 repetitions with other questions of the same kind.',
  },
] as const;
