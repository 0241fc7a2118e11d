/** The schema of every kind of file below data/, by the name under which its JSON Schema is published. */
import { z } from 'zod';
import { gpuSchema, shapeSchema } from './advisor-schema.ts';
import { benchFileSchema } from './bench-schema.ts';
import * as catalog from './catalog-schema.ts';
import { claimedFileSchema } from './claimed-schema.ts';
import { anyRunFileSchema } from './compact-run-schema.ts';
import { filesSchema, headerSchema } from './published-schema.ts';
import { tensorFileSchema } from './tensor-schema.ts';
import { trustRecordSchema } from './trust-schema.ts';

export const FILE_SCHEMAS: Readonly<Record<string, z.ZodType>> = {
  run: anyRunFileSchema,
  claimed: claimedFileSchema,
  trust: trustRecordSchema,
  tensors: tensorFileSchema,
  bench: benchFileSchema,
  models: z.array(catalog.modelSchema),
  shapes: z.array(shapeSchema),
  gpus: z.array(gpuSchema),
  papers: z.array(catalog.paperSchema),
  sources: z.array(catalog.sourceSchema),
  datasets: z.array(catalog.datasetSchema),
  methods: z.array(catalog.methodSchema),
  tasks: z.array(catalog.taskSchema),
  claims: z.array(catalog.claimSchema),
  suspects: z.array(catalog.suspectSchema),
  'labels-methods': z.array(catalog.methodLabelSchema),
  'labels-models': z.array(catalog.modelLabelSchema),
  'labels-tasks': z.array(catalog.taskRuleSchema),
  published: headerSchema,
  'published-files': filesSchema,
};
