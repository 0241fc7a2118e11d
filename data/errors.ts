/**
 * The one error class of the project: what went wrong, where, with which numbers, and what to do about it.
 * Shape of a message: `[who] where: what and why. What to do.`
 */
export class BitlossError extends Error {
  override readonly name = 'BitlossError';
  /** Permanent slug such as `safetensors/header-too-long`; never reused for another meaning. */
  readonly code: string;
  /** What the reader should do now, as a full sentence. */
  readonly hint: string;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(
    code: string,
    message: string,
    hint: string,
    details: Readonly<Record<string, unknown>> = {},
    cause?: unknown,
  ) {
    super(`${message} ${hint}`.trim(), cause === undefined ? undefined : { cause });
    this.code = code;
    this.hint = hint;
    this.details = details;
  }
}
