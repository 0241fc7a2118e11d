/** What a sub-command of `pnpm submission` is, and what all of them are given. */

export interface SubmissionSurroundings {
  /** The project's root folder, absolute. */
  readonly root: string;
  /** Where the command was called. */
  readonly cwd: string;
  readonly write: (text: string) => void;
  readonly now: () => Date;
  /** Puts a yes-or-no question; false where nobody can answer. */
  readonly ask: (question: string) => Promise<boolean>;
}

export interface SubmissionCommand {
  /** For the list of commands: one line. */
  readonly summary: string;
  /** Everything that `--help` prints. */
  readonly help: string;
  /**
   * @param args what follows the command's name
   * @returns exit status: 0 where all is well, 1 where a submission is refused, 2 for a mistake in the command
   * @throws BitlossError for what a person can mend
   */
  run(args: readonly string[], around: SubmissionSurroundings): Promise<number>;
}
