/** Shows every message of a table of error functions, so that a snapshot holds all of them. */
import type { BitlossError } from '../../../data/errors.ts';

type Errors = Readonly<Record<string, (...args: never[]) => BitlossError>>;

/** One line a function, `code  message`; `samples` has arguments for each, so a new function without a sample does not compile. */
export function messagesOf<E extends Errors>(
  errors: E,
  samples: { readonly [Name in keyof E]: Parameters<E[Name]> },
): string {
  return Object.entries(samples)
    .map(([name, args]) => {
      const error = (errors[name] as (...args: unknown[]) => BitlossError)(...(args as unknown[]));
      return `${error.code}\n  ${error.message}`;
    })
    .join('\n');
}
