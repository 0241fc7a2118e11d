/**
 * What a dataset is: either files of a data folder with the code that reads them, or documents that the project makes
 * itself. Reading is pure; opening files is the business of `load.ts`.
 */
import type { Problems } from './problems.ts';

/** Every document carries an id that is unique within its dataset and does not depend on the order. */
export interface Doc {
  readonly id: string;
}

/** One file, decompressed and decoded. */
export interface TextFile {
  /** Relative to the data folder, as found: with `.gz` or `.bz2` where it has it. */
  readonly name: string;
  readonly text: string;
}

/** One way in which a dataset is laid out in files. */
export interface Form<D extends Doc> {
  /** Plain names relative to the data folder; each may also be there as `.gz` or `.bz2`. */
  readonly files: readonly string[];
  /** Reads all files, in the order of `files`; reports what is wrong to `problems` and goes on. */
  parse(files: readonly TextFile[], problems: Problems): readonly D[];
}

export interface FolderDataset<D extends Doc> {
  readonly source: 'folder';
  readonly id: string;
  readonly title: string;
  /** Where a person gets the files, for error messages and pages. */
  readonly origin: string;
  /** The first form of which any file exists is read. */
  readonly forms: readonly Form<D>[];
}

export interface GeneratedDataset<D extends Doc> {
  readonly source: 'generated';
  readonly id: string;
  readonly title: string;
  readonly origin: string;
  /** Name under which the documents, one JSON value a line, are recorded. */
  readonly file: string;
  generate(): readonly D[];
}

export type Dataset<D extends Doc = Doc> = FolderDataset<D> | GeneratedDataset<D>;

export function defineDataset<D extends Doc>(dataset: Dataset<D>): Dataset<D> {
  return dataset;
}
