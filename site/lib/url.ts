/** Addresses inside the site, correct under any base path. */

const BASE = import.meta.env.BASE_URL.replace(/\/$/, '');

/**
 * `href('/models/')` → `/base/models/`; what is special in a part is escaped. A part is a slug of the
 * data's schemas, so it is never `..`.
 */
export function href(path: string): string {
  return BASE + path.split('/').map(encodePart).join('/');
}

/** `:` and `+` are legal in a path and common in recipe ids; everything else that is special is escaped. */
function encodePart(part: string): string {
  return encodeURIComponent(part).replaceAll('%3A', ':').replaceAll('%2B', '+');
}
