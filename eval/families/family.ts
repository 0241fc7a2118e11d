/** What a family file is: it turns one kind of Hugging Face `config.json` into an `Architecture`. */
import type { z } from 'zod';
import type { Architecture } from './architecture.ts';

export interface Family<Config = unknown> {
  /** File stem with underscores, permanent; equals `model_type` in config.json. */
  readonly id: string;
  readonly title: string;
  /** The `architectures` entry of config.json that this family computes. */
  readonly architectureClass: string;
  /**
   * Classes that checkpoints bring code of their own for (`auto_map`) and that this family computes; that code is never
   * run. Without such a list, a checkpoint with code of its own is refused.
   */
  readonly remoteClasses?: readonly string[];
  /**
   * Every key that transformers reads for this class, with the class's own defaults. Keys that it does not read may be
   * there and mean nothing; a value that is not supported must fail.
   */
  readonly config: z.ZodType<Config>;
  describe(config: Config): Architecture;
}

/** Types a family from its config schema and returns it unchanged. */
export function defineFamily<Config>(family: Family<Config>): Family<Config> {
  return family;
}
