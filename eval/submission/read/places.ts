/** Where results and records about them lie, and what their files may be called. */
import { TRUST_FILE } from '../../../data/trust-schema.ts';

/** Below it everything is a result. */
export const RESULTS = 'data/results';

/** The one file below it that is none. */
export const README = `${RESULTS}/README.md`;

/** Below it everything is a record of how far a result is trusted. */
export const TRUST = 'data/trust';

/** As GitHub has account names, in lower case; a regular expression. */
export const HANDLE = '[a-z0-9](?:[a-z0-9]|-(?=[a-z0-9])){0,38}';
const STEM = '[a-z0-9][a-z0-9._+-]{0,120}-[0-9a-f]{12}';
const RESULT = new RegExp(`^data/results/(${HANDLE})/(${STEM})(\\.claim)?\\.(json|parquet)$`);

export interface ResultPlace {
  readonly handle: string;
  /** Name of a run, with the twelve digits of its content; of claimed rows too. */
  readonly stem: string;
  readonly kind: 'run' | 'outcomes' | 'claim';
}

/** What a file is by its name, relative to the repository; null where no result has such a name. */
export function placeOf(file: string): ResultPlace | null {
  const [, handle, stem, claim, ending] = RESULT.exec(file) ?? [];
  if (handle === undefined || stem === undefined) return null;
  if (claim !== undefined) return ending === 'json' ? { handle, stem, kind: 'claim' } : null;
  return { handle, stem, kind: ending === 'json' ? 'run' : 'outcomes' };
}

export const isResult = (file: string): boolean => file.startsWith(`${RESULTS}/`);
export const isTrust = (file: string): boolean => file.startsWith(`${TRUST}/`);
/** What is added and never changed afterwards. */
export const isKept = (file: string): boolean => isResult(file) || isTrust(file);

/** Subject and name of a record of trust; null where none has such a name. */
export function trustPlaceOf(file: string): { readonly subject: string; readonly name: string } | null {
  const [, subject, name] = /^data\/trust\/([a-z0-9][a-z0-9._+-]{0,140})\/([^/]+)$/.exec(file) ?? [];
  return subject === undefined || name === undefined || !TRUST_FILE.test(name) ? null : { subject, name };
}
