/**
 * React elements as HTML text, for parts of a page that no script ever touches. React's own server renderer keeps the
 * bookkeeping of streams and hydration for every element, which over millions of table cells is most of a build; the text
 * here is that of its `renderToStaticMarkup`. Components may not use hooks.
 */
import { Fragment, isValidElement, type ReactNode } from 'react';

type Props = Readonly<Record<string, unknown>>;

const VOID = new Set(['area', 'br', 'col', 'hr', 'img', 'input', 'link', 'meta', 'source', 'wbr']);
const NAMES: Readonly<Record<string, string>> = { className: 'class', htmlFor: 'for' };
const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#x27;',
};

/** What became of each component made with `memo`, by the object that is its only property. */
const known = new WeakMap<object, WeakMap<object, string>>();

/** @throws where React would need more than text: hooks, promises, objects, numbers with an implied unit */
export function staticMarkup(node: ReactNode): string {
  if (node === null || node === undefined || typeof node === 'boolean') return '';
  if (typeof node === 'string') return escaped(node);
  if (typeof node === 'number' || typeof node === 'bigint') return String(node);
  if (Array.isArray(node)) {
    let html = '';
    for (const one of node as readonly ReactNode[]) html += staticMarkup(one);
    return html;
  }
  if (!isValidElement<Props>(node))
    throw new Error(`[static-markup] expected an element, a text or a list, got ${typeof node}`);
  const { type, props } = node;
  if (typeof type === 'string') return element(type, props);
  if (type === Fragment) return staticMarkup(props['children'] as ReactNode);
  if (typeof type === 'function') return staticMarkup((type as (props: Props) => ReactNode)(props));
  if (isMemo(type)) return memoMarkup(type, props);
  throw new Error('[static-markup] only elements, fragments and functions become static text');
}

interface Memo {
  readonly type: (props: Props) => ReactNode;
}

function isMemo(type: unknown): type is Memo {
  return (type as { $$typeof?: unknown }).$$typeof === Symbol.for('react.memo');
}

function memoMarkup(memo: Memo, props: Props): string {
  const [only, ...others] = Object.values(props);
  if (typeof only !== 'object' || only === null || others.length > 0) return staticMarkup(memo.type(props));
  const made = known.get(memo) ?? new WeakMap<object, string>();
  known.set(memo, made);
  let html = made.get(only);
  if (html === undefined) {
    html = staticMarkup(memo.type(props));
    // Reading a letter joins the pieces of a text for good; else every page that has it would join them again.
    html.charCodeAt(0);
    made.set(only, html);
  }
  return html;
}

function element(tag: string, props: Props): string {
  let open = `<${tag}`;
  for (const name in props) if (name !== 'children') open += attribute(name, props[name]);
  if (VOID.has(tag)) return `${open}/>`;
  return `${open}>${staticMarkup(props['children'] as ReactNode)}</${tag}>`;
}

function attribute(name: string, value: unknown): string {
  if (value === null || value === undefined) return '';
  if (name === 'style') return ` style="${escaped(declarations(value as Props))}"`;
  const isText = name.startsWith('aria-') || name.startsWith('data-');
  if (typeof value === 'boolean' && !isText) return value ? ` ${name}=""` : '';
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
    return ` ${NAMES[name] ?? name}="${escaped(String(value))}"`;
  throw new Error(`[static-markup] the attribute ${name} holds a ${typeof value}, which no HTML can say`);
}

function declarations(style: Props): string {
  const parts: string[] = [];
  for (const [name, value] of Object.entries(style)) {
    if (value === null || value === undefined || value === '') continue;
    if (typeof value === 'number' && !name.startsWith('--'))
      throw new Error(`[static-markup] the style ${name} is a number; write it with its unit`);
    parts.push(`${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}:${String(value)}`);
  }
  return parts.join(';');
}

function escaped(text: string): string {
  return /[&<>"']/.test(text) ? text.replaceAll(/[&<>"']/g, (found) => ESCAPES[found]!) : text;
}
