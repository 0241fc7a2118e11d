/**
 * A shipped model as a page runs it: opened from bytes, compressed here and now by the pipeline's own methods or by codes
 * that the pipeline made in advance, run by its own ONNX engine. Nothing here needs Node.
 */
import { parseRecipe } from '../../data/recipe.ts';
import { checkTensors, storedNames } from '../checkpoint/check-tensors.ts';
import { parameterCount } from '../checkpoint/expected-tensors.ts';
import { residentWeights } from '../checkpoint/resident.ts';
import { bytesInMemory, SafetensorsFile } from '../checkpoint/safetensors.ts';
import { storedWeights } from '../checkpoint/stored-weights.ts';
import { createTokenizer, type TextTokenizer } from '../checkpoint/tokenizer.ts';
import { compressedModel, type StoredParts } from '../compress/compressed-model.ts';
import type { StoredLinear } from '../compress/stored-block.ts';
import type { Engine, LoadedModel } from '../engines/engine.ts';
import { methodErrors } from '../errors/method.ts';
import type { Architecture } from '../families/architecture.ts';
import { describeModel } from '../families/index.ts';
import { linearsOf } from '../families/linears.ts';
import { packedBytes } from '../formats/format.ts';
import { createRng } from '../math/rng.ts';
import { hqq } from '../methods/hqq.ts';
import type { Method } from '../methods/method.ts';
import { rtn } from '../methods/rtn.ts';
import { cpuOperations } from '../operations/cpu.ts';
import type { WeightSource } from '../weights.ts';
import { openPackedCodes } from './packed-codes.ts';

/** Those that need no data: their weights are the same to the bit wherever they are made. */
const LIVE_METHODS: Readonly<Record<string, Method>> = { rtn: rtn as Method, hqq: hqq as Method };

const WORKSPACE_BYTES = 32 << 20;

export interface ModelFiles {
  readonly name: string;
  /** Parsed config.json, tokenizer.json and tokenizer_config.json. */
  readonly config: unknown;
  readonly tokenizer: unknown;
  readonly tokenizerOptions: unknown;
  /** model.safetensors */
  readonly weights: Uint8Array;
}

/** A model at one precision. */
export interface Variant {
  readonly recipe: string;
  /** Of the compressed matrices, from their packed bytes; 16 where nothing is compressed. */
  readonly bitsPerWeight: number;
  /** The whole model: packed matrices, the rest at 16 bit. */
  readonly sizeBytes: number;
  readonly weights: WeightSource;
  readonly model: LoadedModel;
}

export class LiveModel {
  readonly tokenizer: TextTokenizer;
  readonly architecture: Architecture;
  readonly #engine: Engine;
  readonly #weights: WeightSource;
  readonly #variants = new Map<string, Promise<Variant>>();
  /** Made in advance, by recipe. */
  readonly #packed = new Map<string, StoredParts>();

  private constructor(
    engine: Engine,
    architecture: Architecture,
    tokenizer: TextTokenizer,
    weights: WeightSource,
  ) {
    this.#engine = engine;
    this.architecture = architecture;
    this.tokenizer = tokenizer;
    this.#weights = keep(weights, architecture);
  }

  /** @throws family/…, safetensors/…, checkpoint/… */
  static async open(engine: Engine, files: ModelFiles): Promise<LiveModel> {
    const { name, config, tokenizer: definition, tokenizerOptions: options, weights } = files;
    const architecture = describeModel(config, `${name}/config.json`);
    const file = await SafetensorsFile.from(`${name}/model.safetensors`, bytesInMemory(weights));
    const found = {
      names: [file.path],
      tensors: [...file.tensors.keys()],
      find: (tensor: string) => (file.tensors.has(tensor) ? file : undefined),
      close: () => file.close(),
    };
    await checkTensors(name, architecture, found);
    const tokenizer = createTokenizer(name, { definition, options, modelConfig: config });
    const stored = storedWeights(name, found, storedNames(architecture, found));
    return new LiveModel(engine, architecture, tokenizer, stored);
  }

  /** Takes codes made in advance, a file of `packRecipe`. Throws `live/packed` where they are damaged or of another model. */
  async takePacked(recipe: string, bytes: Uint8Array): Promise<void> {
    this.#packed.set(recipe, await openPackedCodes(this.architecture, recipe, bytes));
    this.#variants.delete(recipe);
  }

  hasPacked(recipe: string): boolean {
    return this.#packed.has(recipe);
  }

  /**
   * The model at a precision, made at the first call.
   * @throws method/unsupported for a method that needs data and whose codes were not taken, method/group-size
   */
  variant(recipe: string): Promise<Variant> {
    const found = this.#variants.get(recipe) ?? this.#make(recipe);
    this.#variants.set(recipe, found);
    return found;
  }

  async #make(recipe: string): Promise<Variant> {
    const parameters = parameterCount(this.architecture);
    if (recipe === 'fp16')
      return this.#loaded({ recipe, bitsPerWeight: 16, sizeBytes: 2 * parameters }, this.#weights);
    const stored = this.#packed.get(recipe) ?? {
      linears: await this.#compress(recipe),
      tensors: new Map(),
    };
    const { size, ...source } = compressedModel(this.#weights, this.architecture, recipe, parameters, stored);
    return this.#loaded({ recipe, ...size }, keep(source, this.architecture));
  }

  async #loaded(facts: Omit<Variant, 'weights' | 'model'>, weights: WeightSource): Promise<Variant> {
    const { recipe, bitsPerWeight, sizeBytes } = facts;
    const options = { workspaceBytes: WORKSPACE_BYTES };
    const model = await this.#engine.load(this.architecture, weights, options);
    return { recipe, bitsPerWeight, sizeBytes, weights, model };
  }

  async #compress(recipe: string): Promise<Map<string, StoredLinear>> {
    const parsed = parseRecipe(recipe);
    const method = LIVE_METHODS[parsed.method];
    const reason =
      method === undefined
        ? 'it is not made live, and no codes made in advance were loaded'
        : method.supports(parsed);
    if (method === undefined || reason !== null) throw methodErrors.unsupported(recipe, reason!);
    const settings = method.settings.parse(method.fromRecipe(parsed));
    const context = { statistics: null, operations: cpuOperations, rng: createRng(0) };
    const linears = new Map<string, StoredLinear>();
    for (const linear of this.architecture.blocks.flatMap(linearsOf)) {
      const { name, outFeatures: N, inFeatures: K } = linear;
      method.check({ name, N, K }, settings);
      const dense = { name, weight: await this.#weights.linear(linear), N, K };
      const { packed, hessianLoss, notes } = await method.quantize(dense, settings, context);
      const relativeError = await cpuOperations.relativeError(dense, packed);
      const report = { name, packedBytes: packedBytes(packed), relativeError, hessianLoss, notes };
      linears.set(name, { report, N, K, load: async () => packed });
    }
    return linears;
  }
}

/** Everything is decoded once: a shipped model is a few megabytes. */
function keep(weights: WeightSource, architecture: Architecture): WeightSource {
  return residentWeights(weights, architecture, Number.POSITIVE_INFINITY);
}
