/** Reads a file that somebody sent, as far as it is safe to: a plain file inside the checkout, small, and UTF-8. */
import { lstatSync, readFileSync, realpathSync } from 'node:fs';
import path from 'node:path';

/** The largest run of the project, 44 recipes on 22 tasks, has 0.16 MiB. */
const LARGEST_JSON = 4 * 2 ** 20;

export interface ReadFault {
  readonly rule: string;
  readonly found: string;
  readonly fix: string;
}

/** Why a file is not opened, or null. @param root absolute */
export function fileFault(root: string, file: string, limit: number): ReadFault | null {
  const place = path.join(root, file);
  let size: number;
  try {
    const entry = lstatSync(place);
    if (!entry.isFile() || realpathSync(place) !== path.join(realpathSync(root), file))
      return {
        rule: 'plain-file',
        found: entry.isFile() ? 'a folder that is a link' : 'no plain file',
        fix: 'Send the file itself: links, folders and devices are not followed.',
      };
    size = entry.size;
  } catch {
    return { rule: 'plain-file', found: 'nothing that can be read', fix: 'Name a file that exists.' };
  }
  if (size <= limit) return null;
  return {
    rule: 'file-size',
    found: `${size} bytes`,
    fix: `Files of this kind have at most ${limit} bytes; split the run.`,
  };
}

/** The text of a JSON file, or why there is none. */
export function readPlainText(root: string, file: string): { readonly text: string } | ReadFault {
  const fault = fileFault(root, file, LARGEST_JSON);
  if (fault !== null) return fault;
  const bytes = readFileSync(path.join(root, file));
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    if (!text.startsWith('\ufeff')) return { text };
    return {
      rule: 'encoding',
      found: 'a byte order mark',
      fix: 'Save the file as UTF-8 without a byte order mark.',
    };
  } catch {
    return { rule: 'encoding', found: 'bytes that are no UTF-8', fix: 'Save the file as UTF-8.' };
  }
}
