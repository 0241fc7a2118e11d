/** The one table of command-line options: the parser, the help text and the reproducing command are made from it. */

export interface Option {
  /** Without the dashes. */
  readonly name: string;
  readonly short?: string;
  /** What the value is called in the help text; null for a switch. */
  readonly value: string | null;
  /** May be given several times; a value may also be a list with commas. */
  readonly many?: true;
  readonly help: string;
}

export interface OptionGroup {
  readonly title: string;
  readonly options: readonly Option[];
}

export const OPTION_GROUPS = [
  {
    title: 'What to measure',
    options: [
      {
        name: 'suite',
        short: 's',
        value: 'NAME',
        help: 'a named sweep, see --list; the options below replace its models, recipes, tasks and limits (default: default)',
      },
      {
        name: 'model',
        short: 'm',
        value: 'MODEL',
        many: true,
        help: 'folder with a Hugging Face checkpoint, Hugging Face id, or shipped model (default: those of the suite)',
      },
      {
        name: 'recipe',
        short: 'r',
        value: 'RECIPE',
        many: true,
        help: 'such as rtn-w4g128 or gptq-w3g128-actorder; rtn-w4g64a8 and rtn-kv4 round activations or keys and values; fp16 is always measured too (default: those of the suite)',
      },
      {
        name: 'task',
        short: 't',
        value: 'TASK',
        many: true,
        help: 'see --list (default: those of the suite; with --data, those of the folder)',
      },
      {
        name: 'data',
        value: 'DIR',
        help: 'folder with public evaluation sets such as wikitext2 or hellaswag',
      },
      {
        name: 'limit',
        value: 'N',
        many: true,
        help: 'at most N items of each task, or TASK=N for one of them; results of another limit are another cell (default: as in the suite, else all)',
      },
    ],
  },
  {
    title: 'How',
    options: [
      { name: 'engine', value: 'ID', help: 'onnx (default), or cuda: one NVIDIA GPU, after `pnpm kernels`' },
      {
        name: 'jobs',
        short: 'j',
        value: 'N',
        help: 'measure N parts of the sweep at a time (models, or groups of recipes), each in a process of its own; with engine cuda, N on each GPU (default: 1; on GPUs 4 where all models have fewer than 100 million parameters, which alone leave a GPU idle while tokens are counted and cells are stored)',
      },
      {
        name: 'devices',
        value: 'N',
        many: true,
        help: 'GPUs for engine cuda, such as 0,1; a single one is used by this process itself (default: all, each by processes of its own)',
      },
      {
        name: 'threads',
        value: 'N',
        help: 'processor threads of one process (default: all cores, shared among the jobs)',
      },
      {
        name: 'provider',
        value: 'ID',
        help: 'of onnx: cpu (default) or webgpu: any GPU with Vulkan, Metal or Direct3D 12',
      },
      {
        name: 'dtype',
        value: 'TYPE',
        help: 'of cuda: f32, f16 or bf16 for weights and activations, or auto (default): f32 below 100 million parameters, bf16 from there on',
      },
      {
        name: 'memory',
        value: 'SIZE',
        help: 'keep at most this much of the weights in memory and stream the rest, such as 2GiB (default: 1GiB)',
      },
      {
        name: 'window',
        value: 'TOKENS',
        help: 'window of rolling perplexity (default: 2048, or what the model can see if that is less)',
      },
      {
        name: 'bos',
        value: 'RULE',
        help: 'where BOS stands: tokenizer (default), never, always or window; what a task cannot do is left out',
      },
      {
        name: 'seed',
        value: 'N',
        help: 'seed of everything random, such as the choice of calibration samples (default: 0)',
      },
      {
        name: 'calibration-text',
        value: 'TEXT',
        help: 'world-train (default), wikitext2 or c4 from the data folder, or a text file; only for methods that calibrate, and for --stats',
      },
      { name: 'calibration-samples', value: 'N', help: 'number of calibration samples (default: 128)' },
      {
        name: 'calibration-length',
        value: 'TOKENS',
        help: 'tokens in a sample (default: 2048, or what the model can see if that is less)',
      },
      {
        name: 'calibration-mode',
        value: 'MODE',
        help: 'sequential (default, as published): each block sees what the compressed blocks before it put out; parallel: what the original ones did, in one pass for all recipes',
      },
    ],
  },
  {
    title: 'Where results go',
    options: [
      { name: 'db', value: 'FILE', help: 'DuckDB file (default: data/bitloss.duckdb)' },
      { name: 'out', value: 'DIR', help: 'folder for run files and per-item outcomes (default: data/local)' },
      {
        name: 'cache',
        value: 'DIR',
        help: 'folder for compressed weights while they are in use (default: .cache)',
      },
      {
        name: 'keep',
        value: null,
        help: 'keep compressed weights in the cache instead of deleting them after use',
      },
      {
        name: 'save',
        value: 'WHO',
        help: 'when the run is complete, also copy it to data/results/WHO/; with --stats, write to data/tensors/WHO/',
      },
    ],
  },
  {
    title: 'Other',
    options: [
      {
        name: 'dry-run',
        short: 'n',
        value: null,
        help: 'print the plan, with what it leaves out and why, and stop',
      },
      { name: 'retry', value: null, help: 'measure failed cells again' },
      {
        name: 'stats',
        value: null,
        help: 'instead of a sweep: AbsMax, standard deviation and kurtosis of weights, activations, keys and values, layer by layer, over the calibration samples',
      },
      { name: 'list', short: 'l', value: null, help: 'print shipped models, methods and tasks, and stop' },
      { name: 'help', short: 'h', value: null, help: 'print this text and stop' },
    ],
  },
] as const satisfies readonly OptionGroup[];

export type OptionName = (typeof OPTION_GROUPS)[number]['options'][number]['name'];

export const OPTIONS: readonly Option[] = OPTION_GROUPS.flatMap((group): readonly Option[] => group.options);
