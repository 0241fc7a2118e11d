import { expect, test } from 'vitest';
import { compressErrors } from '../../../eval/errors/compress.ts';
import { formatErrors, methodErrors } from '../../../eval/errors/method.ts';

const cause = new Error('ENOSPC: no space left on device');

test('every message about compression says who, where, what, why and what to do', () => {
  const messages = [
    compressErrors.noCalibration('gptq-w4g128'),
    compressErrors.emptySequence(3),
    compressErrors.notObserved('model.layers.0.mlp.down_proj'),
    compressErrors.notFinite(7),
    compressErrors.folder('/models/x', cause),
    compressErrors.write('/models/x', 3, cause),
    compressErrors.read('/models/x/block-0003.safetensors', cause),
    compressErrors.damagedBlock('/models/x/block-0003.safetensors', 'it ends early'),
    compressErrors.otherRecipe('/models/x/block-0003.safetensors', 'rtn-w4', 'rtn-w3'),
    compressErrors.originalTensor('model.layers.0.mlp.down_proj.weight'),
    methodErrors.groupSize('gptq', 'model.layers.0.self_attn.q_proj', 96, 4096),
    methodErrors.groupCount('gptq', 'model.layers.0.self_attn.q_proj', 1, 131072, 65536),
    methodErrors.hessianShape('gptq', 'model.layers.0.self_attn.q_proj', 64, 32),
    formatErrors.unknown('int-gruped', ['int-grouped']),
    formatErrors.damaged('int-grouped', 'bits is 9, expected 1…8'),
  ];
  expect(messages.map(({ code, message }) => `${code}: ${message}`)).toMatchInlineSnapshot(`
    [
      "compress/no-calibration: [compress] gptq-w4g128: the method needs calibration data, and none was given. Give at least one calibration sequence.",
      "compress/empty-sequence: [compress] calibration sequence 3 has no tokens. Leave empty sequences out.",
      "compress/not-observed: [compress] model.layers.0.mlp.down_proj: the engine ran the block without reporting the inputs of this linear. This is a fault of the engine; please report it.",
      "compress/not-finite: [compress] block 7: the calibration activations hold NaN or infinite values. The weights or an earlier compressed block make the model overflow; try more bits, or check that the 16-bit model runs.",
      "compress/folder: [compress] /models/x: the folder for compressed weights cannot be made: ENOSPC: no space left on device. Choose a folder that can be written.",
      "compress/write: [compress] /models/x: block 3 cannot be written: ENOSPC: no space left on device. Free space or choose a folder that can be written; finished blocks are kept and the next run goes on after them.",
      "compress/read: [compress] /models/x/block-0003.safetensors: the block cannot be read: ENOSPC: no space left on device. Check the permissions and that nothing else lies in its place.",
      "compress/damaged-block: [compress] /models/x/block-0003.safetensors: not a compressed block: it ends early. Delete the file; the block will be made again.",
      "compress/other-recipe: [compress] /models/x/block-0003.safetensors: the block was compressed with rtn-w4, not with rtn-w3. Use another folder for this recipe, or delete this one.",
      "compress/original-tensor: [compress] model.layers.0.mlp.down_proj.weight: this tensor is compressed, and reading it whole would give the original weights. Read it through its linear layers.",
      "method/group-size: [gptq] model.layers.0.self_attn.q_proj: group size 96 does not divide K = 4096. Use a divisor such as 64 or 128.",
      "method/group-count: [gptq] model.layers.0.self_attn.q_proj: group size 1 makes 131072 groups of K = 131072 columns, more than 65536. Use larger groups.",
      "method/hessian-shape: [gptq] model.layers.0.self_attn.q_proj: the matrix has K = 64 columns, but its calibration statistics have 32. This is a fault of the engine or of the architecture description; please report it.",
      "format/unknown: [formats] unknown format "int-gruped". Known: int-grouped (1).",
      "format/damaged: [int-grouped] packed weights: bits is 9, expected 1…8. Delete the compressed model; it will be made again.",
    ]
  `);
  for (const { message, hint } of messages) expect(message.endsWith(hint)).toBe(true);
  expect(compressErrors.write('/models/x', 3, cause).cause).toBe(cause);
});
