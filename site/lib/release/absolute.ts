/** Addresses for those who read a file away from the site: with the host, where the build was told one (`BITLOSS_SITE`). */
import { href } from '../url.ts';

/** `absolute('/data/')` → `https://host/base/data/`; without a host the path alone, which resolves against the file. */
export function absolute(path: string): string {
  const host = import.meta.env.SITE;
  return host === undefined ? href(path) : new URL(href(path), host).href;
}
