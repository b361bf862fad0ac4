/** A prompt the person kept for using it again. */
export type SavedPrompt = {
  readonly id: string;
  readonly name: string;
  readonly text: string;
  readonly updatedAt: number;
};
