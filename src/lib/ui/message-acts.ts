/** What can be done with the messages of a branch; each gets the message's id. */
export type MessageActs = {
  /** Shows another version in place of a message; it gets that version's id. */
  readonly onstep: (id: string) => void;
  readonly oncompare: (id: string) => void;
  readonly onbranch: (id: string) => void;
  /** Keeps the text of a question as a prompt to use again. */
  readonly onkeep?: (text: string) => void;
  readonly onremove: (id: string) => void;
  /** Asks another question in the place of one; false when it is too long. Missing while no model can answer. */
  readonly onedit?: (id: string, text: string) => Promise<boolean>;
};
