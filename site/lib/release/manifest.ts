/** What a release consists of, for programs: version, day, and every file with its address, size and hash. */
import { dataVersion } from '../db.ts';
import { downloadBytes, downloadHash } from '../download-bytes.ts';
import { DOWNLOADS, FORMATS, PINNED } from '../downloads.ts';
import { absolute } from './absolute.ts';
import { description, LICENCE, releaseDate, TITLE } from './facts.ts';
import { SCHEMAS } from './schemas.ts';

export async function manifest(): Promise<object> {
  const version = await dataVersion();
  const files = DOWNLOADS.flatMap((download) =>
    FORMATS.map(async (format) => {
      const bytes = await downloadBytes(download, format);
      return {
        table: download.id,
        format,
        latest: absolute(`/data/${download.id}.${format}`),
        pinned: PINNED.some((one) => one === format)
          ? absolute(`/data/${version}/${download.id}.${format}`)
          : null,
        bytes: bytes.byteLength,
        sha256: await downloadHash(download, format),
      };
    }),
  );
  return {
    title: TITLE,
    description: await description(),
    version,
    date: await releaseDate(),
    licence: LICENCE,
    croissant: absolute('/data/croissant.json'),
    checksums: absolute('/data/sha256sums.txt'),
    feed: absolute('/feed.atom'),
    schemas: [...SCHEMAS.keys()].map((name) => absolute(`/data/schema/${name}`)),
    files: await Promise.all(files),
  };
}
