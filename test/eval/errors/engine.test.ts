/** The wording of every message about engines and hubs. */
import { expect, test } from 'vitest';
import { engineErrors } from '../../../eval/errors/engine.ts';
import { hubErrors } from '../../../eval/errors/hub.ts';
import { messagesOf } from './messages.ts';

const refused = new TypeError('fetch failed', {
  cause: Object.assign(new Error('connect'), { code: 'ECONNREFUSED' }),
});
const crash = new Error('bad shape\nat line 3');

test('engine', () => {
  expect(
    messagesOf(engineErrors, {
      provider: ['cuda', ['cpu', 'webgpu'], crash],
      noDevice: ['webgpu', crash],
      graph: ['head', 'webgpu', crash],
      run: ['head', 'cpu', 'hidden [2, 64]', crash],
      unsupported: ['onnx', 'mixer "selective-scan"'],
      request: [3, 'its context is empty'],
      tooLong: [3, 5000, 4096],
      workspace: [1000, 10, 'request 3: the key-value cache'],
      deviceMemory: [3000, 1000, { weightBytes: 2000, scratchBytes: 1000 }],
      notFinite: ['request 3, new token 0'],
      chunk: ['it has no tokens'],
    }),
  ).toMatchInlineSnapshot(`
    "engine/provider
      [onnx] provider "cuda" is not in this build of onnxruntime-node. Known here: cpu, webgpu.
    engine/no-device
      [onnx] the webgpu provider finds no device on this machine. Use the cpu provider, or install the graphics driver (on Linux with its Vulkan loader).
    engine/graph
      [onnx] head: the webgpu provider does not take the graph: bad shape. Use the cpu provider, or check the graphics driver.
    engine/run
      [onnx] head: the cpu provider failed on hidden [2, 64]: bad shape. If memory ran out, lower the workspace; otherwise please report this with the model config.
    engine/unsupported
      [onnx] mixer "selective-scan" is not computed by this engine. Use another engine, or a model without it.
    engine/request
      [engine] request 3: its context is empty. Give every request token ids of this model.
    engine/too-long
      [engine] request 3: it needs 5000 positions, the model has 4096. Shorten the context or the window, or generate less.
    engine/workspace
      [engine] request 3: the key-value cache needs 1000 bytes, the workspace has 10. Raise the workspace or shorten the texts.
    engine/device-memory
      [cuda] the model needs 3000 bytes of device memory, 1000 may be used: weightBytes 2000, scratchBytes 1000. Use a GPU with more memory, end what else runs on it, or shorten the texts.
    engine/not-finite
      [engine] request 3, new token 0: the log-probabilities are not finite, so the forward pass has overflowed. Check the weights: a damaged or wrongly scaled checkpoint does this.
    engine/chunk
      [engine] chunk: it has no tokens. All arrays of a chunk have one entry a token."
  `);
});

test('hub', () => {
  expect(
    messagesOf(hubErrors, {
      id: ['a b'],
      revision: ['acme/tiny', '../x'],
      token: [],
      denied: ['acme/tiny', 401, false, crash],
      notFound: ['acme/tiny', 'v9', crash],
      failed: ['acme/tiny', 'status 500', new Error('oops')],
      network: ['acme/tiny', 'https://huggingface.co', refused],
      offline: ['acme/tiny', '/cache/hub'],
      missing: ['acme/tiny', 'tokenizer.json'],
      incomplete: ['acme/tiny', 'model.safetensors', 5, 10, crash],
      corrupt: ['acme/tiny', 'model.safetensors', 'aa', 'bb'],
      listing: ['acme/tiny', 'it names no commit'],
      cacheWrite: ['acme/tiny', '/cache/hub', Object.assign(new Error('full'), { code: 'ENOSPC' })],
    }),
  ).toMatchInlineSnapshot(`
    "hub/id
      [hub] "a b": this is neither an existing folder nor a model id such as mistralai/Mistral-7B-v0.1. Check the spelling; a folder may be given as ./name.
    hub/revision
      [hub] acme/tiny: "../x" cannot be the name of a branch, a tag or a commit. Copy the revision from the model page; main is the usual one.
    hub/token
      [hub] HF_TOKEN does not look like an access token, which begins with "hf_". Copy the token again, or unset HF_TOKEN for public models.
    hub/denied
      [hub] acme/tiny: the hub refuses access (status 401); the model does not exist, is private, or is gated. Check the id, accept the licence on the model page, and set HF_TOKEN.
    hub/not-found
      [hub] acme/tiny: the hub has no such model, or no revision "v9" of it (status 404). Check the id and the revision on the model page.
    hub/failed
      [hub] acme/tiny: status 500: oops. Run again; what was fetched so far is kept.
    hub/network
      [hub] acme/tiny: https://huggingface.co cannot be reached (ECONNREFUSED), and the cache has no complete copy. Check the connection and HF_ENDPOINT, or give a folder that has the model.
    hub/offline
      [hub] acme/tiny: HF_HUB_OFFLINE is set and /cache/hub has no complete copy. Unset HF_HUB_OFFLINE to fetch it, or give a folder that has the model.
    hub/missing-file
      [hub] acme/tiny: the model has no tokenizer.json. Choose a model with config.json, tokenizer.json and .safetensors weights.
    hub/incomplete
      [hub] acme/tiny: model.safetensors: the connection ended after 5 of 10 bytes. Run again; it goes on from there.
    hub/corrupt
      [hub] acme/tiny: model.safetensors: the content has hash bb, the hub announced aa. The file was thrown away. Run again; if it happens twice, the endpoint or a proxy is at fault.
    hub/listing
      [hub] acme/tiny: the hub's answer cannot be used: it names no commit. Check that HF_ENDPOINT is a Hugging Face hub.
    hub/cache-write
      [hub] acme/tiny: the cache /cache/hub cannot be written (ENOSPC). Free some space, or set HF_HUB_CACHE to a folder that can be written."
  `);
});
