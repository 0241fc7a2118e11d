/** The parts of a run's manifest that its page names; the rest is shown as it is. */

export interface ShownManifest {
  readonly created_at: string;
  readonly code_commit: string | null;
  readonly code_dirty: boolean;
  readonly engine: { readonly id: string; readonly version: string; readonly provider: string };
  readonly machine: {
    readonly cpu: string;
    readonly cores: number;
    readonly memory_bytes: number;
    readonly gpu: string | null;
    readonly driver: string | null;
    readonly os: string;
    readonly node: string;
  };
  readonly calibration: {
    readonly text: string;
    readonly samples: number;
    readonly length: number;
    readonly seed: number;
    readonly mode: string;
  } | null;
  readonly seed: number;
  readonly wall_ms: number;
  readonly peak_memory_bytes: number;
}

/** The database holds only manifests that passed the schema of data/schema.ts, which has these fields. */
export function readManifest(json: string): ShownManifest {
  return JSON.parse(json) as ShownManifest;
}
