import { createHash } from 'node:crypto';
import { mkdirSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { drawSamples, openCalibrationText } from '../../eval/calibration.ts';
import { CALIBRATION_TEXTS } from '../../eval/datasets/calibration-texts.ts';
import { Problems } from '../../eval/datasets/problems.ts';
import { calibrationErrors } from '../../eval/errors/calibration.ts';
import { scratchFolder } from './pipeline/places.ts';
import { BOS, fakeTokenizer } from './tasks/fakes.ts';

const text = { name: 'abc', text: 'abcdefghij', sha256: '' };
const tokenizer = fakeTokenizer({ bos: true });

test('samples are neighbouring tokens of the encoded text, from places of equal chance', () => {
  const all = [BOS, ...[...text.text].map((letter) => letter.codePointAt(0)!)];
  const samples = drawSamples(text, { samples: 8000, length: 4, seed: 3 }, tokenizer);
  const places = samples.map((sample) => all.indexOf(sample[0]!));
  for (const [index, sample] of samples.entries()) {
    expect([...sample]).toEqual(all.slice(places[index], places[index]! + 4));
  }
  // 11 tokens have 8 places for samples of 4; each is expected 1000 times, with a standard deviation of 30.
  const counts = Array.from({ length: 8 }, (_, place) => places.filter((one) => one === place).length);
  for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(150);
});

test('the seed decides', () => {
  const draw = (seed: number) =>
    drawSamples(text, { samples: 5, length: 3, seed }, tokenizer).map((one) => [...one]);
  expect(draw(1)).toEqual(draw(1));
  expect(draw(1)).not.toEqual(draw(2));
});

test('a text as long as one sample is enough, a shorter one is not', () => {
  expect(drawSamples(text, { samples: 2, length: 11, seed: 0 }, tokenizer)).toHaveLength(2);
  expect(() => drawSamples(text, { samples: 2, length: 12, seed: 0 }, tokenizer)).toThrow(
    /11 tokens, fewer than the 12/,
  );
});

test('the training text of the world is the same every time, and long enough', async () => {
  const [one, two] = [
    await openCalibrationText('world-train', null),
    await openCalibrationText('world-train', null),
  ];
  expect(one).toEqual(two);
  expect(one.sha256).toBe(createHash('sha256').update(one.text).digest('hex'));
  expect(one.text.length).toBeGreaterThan(500_000);
});

test('files', async () => {
  const folder = scratchFolder();
  const file = path.join(folder, 'train.txt');
  writeFileSync(file, 'some text');
  expect(await openCalibrationText(file, null)).toMatchObject({ name: file, text: 'some text' });
  await expect(openCalibrationText(path.join(folder, 'none.txt'), null)).rejects.toMatchObject({
    code: 'calibration/unreadable',
  });
  await expect(openCalibrationText(folder, null)).rejects.toMatchObject({ code: 'calibration/unreadable' });
  writeFileSync(file, Buffer.from([0xc3, 0x28]));
  await expect(openCalibrationText(file, null)).rejects.toMatchObject({ code: 'calibration/not-text' });
  // A hole in the file system takes no room.
  truncateSync(file, 300 * 2 ** 20);
  await expect(openCalibrationText(file, null)).rejects.toMatchObject({ code: 'calibration/too-large' });
});

test('texts of a data folder', async () => {
  const folder = scratchFolder();
  mkdirSync(path.join(folder, 'wikitext2'));
  writeFileSync(path.join(folder, 'wikitext2', 'wiki.train.raw.gz'), gzipSync(' = Title = \n\n Words . \n'));
  expect(await openCalibrationText('wikitext2', folder)).toMatchObject({
    name: 'wikitext2',
    text: ' = Title = \n\n Words . \n',
  });
  await expect(openCalibrationText('wikitext2', null)).rejects.toMatchObject({ code: 'data/no-folder' });
  await expect(openCalibrationText('c4', folder)).rejects.toMatchObject({ code: 'data/missing-file' });
  mkdirSync(path.join(folder, 'calib'));
  // Not the file that the catalogue describes.
  writeFileSync(path.join(folder, 'calib', 'llamafactory_c4_demo.jsonl'), '{"text":"other"}\n');
  await expect(openCalibrationText('c4', folder)).rejects.toMatchObject({ code: 'data/digest' });
});

test('documents are lines with a text', () => {
  const dataset = CALIBRATION_TEXTS['c4']!;
  if (dataset.source !== 'folder') throw new Error('c4 is read from files');
  const problems = new Problems();
  const text = '{"text":"One.","url":"x"}\n{"text":""}\n{"words":"none"}\n';
  expect(dataset.forms[0]!.parse([{ name: 'c4.jsonl', text }], problems)).toEqual([
    { id: 'line-1', text: 'One.' },
  ]);
  expect(problems.found).toHaveLength(2);
});

test('messages', () => {
  const messages = [
    calibrationErrors.unreadable('c4', ['world-train'], new Error('ENOENT')),
    calibrationErrors.notText('c4.gz', new Error('x')),
    calibrationErrors.tooLarge('c4.txt', 3e9, 2 ** 28),
    calibrationErrors.tooShort('c4.txt', 100, 512),
    calibrationErrors.tooLong(2048, 512),
  ].map(({ code, message }) => `${code}: ${message}`);
  expect(messages.join('\n')).toMatchInlineSnapshot(`
    "calibration/unreadable: [calibration] c4: this is neither a known text (world-train) nor a file that can be read. Give the path of a UTF-8 text file with --calibration-text.
    calibration/not-text: [calibration] c4.gz: the file is not UTF-8 text. Convert it, or give another file with --calibration-text.
    calibration/too-large: [calibration] c4.txt: the file has 3000000000 bytes and is read as a whole; at most 268435456 are taken. Cut a part out of it; a few megabytes are plenty for any number of samples in use.
    calibration/too-short: [calibration] c4.txt: the text has 100 tokens, fewer than the 512 of one sample. Give a longer text with --calibration-text, or a smaller --calibration-length.
    calibration/too-long: [calibration] samples of 2048 tokens are longer than the 512 positions of the model. Set --calibration-length to at most 512, or leave it out."
  `);
});
