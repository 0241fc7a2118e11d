/** What the pipeline may do to the outside world, passed in so that tests can watch and replace it. */
export interface Effects {
  /** One line for a person; never part of a result. */
  readonly log: (line: string) => void;
  readonly now: () => Date;
}
