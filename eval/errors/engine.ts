/** Every message about engines and what is asked of them. */
import { BitlossError } from '../../data/errors.ts';

const firstLine = (cause: unknown) => (cause instanceof Error ? cause.message : String(cause)).split('\n')[0];

export const engineErrors = {
  provider: (provider: string, known: readonly string[], cause?: unknown) =>
    new BitlossError(
      'engine/provider',
      `[onnx] provider "${provider}" is not in this build of onnxruntime-node.`,
      `Known here: ${known.join(', ')}.`,
      { provider, known },
      cause,
    ),
  noDevice: (provider: string, cause: unknown) =>
    new BitlossError(
      'engine/no-device',
      `[onnx] the ${provider} provider finds no device on this machine.`,
      'Use the cpu provider, or install the graphics driver (on Linux with its Vulkan loader).',
      { provider },
      cause,
    ),
  graph: (graph: string, provider: string, cause: unknown) =>
    new BitlossError(
      'engine/graph',
      `[onnx] ${graph}: the ${provider} provider does not take the graph: ${firstLine(cause)}.`,
      provider === 'cpu'
        ? 'Please report this with the model config.'
        : 'Use the cpu provider, or check the graphics driver.',
      { graph, provider },
      cause,
    ),
  run: (graph: string, provider: string, feeds: string, cause: unknown) =>
    new BitlossError(
      'engine/run',
      `[onnx] ${graph}: the ${provider} provider failed on ${feeds}: ${firstLine(cause)}.`,
      'If memory ran out, lower the workspace; otherwise please report this with the model config.',
      { graph, provider, feeds },
      cause,
    ),
  unsupported: (engine: string, what: string) =>
    new BitlossError(
      'engine/unsupported',
      `[${engine}] ${what} is not computed by this engine.`,
      'Use another engine, or a model without it.',
      { engine, what },
    ),
  request: (index: number, why: string) =>
    new BitlossError(
      'engine/request',
      `[engine] request ${index}: ${why}.`,
      'Give every request token ids of this model.',
      {
        index,
      },
    ),
  tooLong: (index: number, length: number, limit: number) =>
    new BitlossError(
      'engine/too-long',
      `[engine] request ${index}: it needs ${length} positions, the model has ${limit}.`,
      'Shorten the context or the window, or generate less.',
      { index, length, limit },
    ),
  workspace: (needed: number, given: number, what: string) =>
    new BitlossError(
      'engine/workspace',
      `[engine] ${what} needs ${needed} bytes, the workspace has ${given}.`,
      'Raise the workspace or shorten the texts.',
      { needed, given, what },
    ),
  deviceMemory: (needed: number, given: number, parts: Readonly<Record<string, number>>) =>
    new BitlossError(
      'engine/device-memory',
      `[cuda] the model needs ${needed} bytes of device memory, ${given} may be used: ${Object.entries(parts)
        .map(([name, value]) => `${name} ${value}`)
        .join(', ')}.`,
      'Use a GPU with more memory, end what else runs on it, or shorten the texts.',
      { needed, given, ...parts },
    ),
  notFinite: (where: string) =>
    new BitlossError(
      'engine/not-finite',
      `[engine] ${where}: the log-probabilities are not finite, so the forward pass has overflowed.`,
      'Check the weights: a damaged or wrongly scaled checkpoint does this.',
      { where },
    ),
  chunk: (why: string) =>
    new BitlossError(
      'engine/chunk',
      `[engine] chunk: ${why}.`,
      'All arrays of a chunk have one entry a token.',
      {},
    ),
};
