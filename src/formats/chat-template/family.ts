// What a family of chat templates is: how it is recognised, and how it writes a conversation.
import { AppError } from '#base/errors.ts';

export type ChatMessage = { readonly role: 'system' | 'user' | 'assistant'; readonly content: string };

/**
 * A piece of a prompt: `template` text, in which the texts of control tokens are control tokens; `text` from outside,
 * which is text whatever it says; an `answer`, which the model wrote, or the application in its name.
 */
export type PromptPart = { readonly kind: 'template' | 'text' | 'answer'; readonly text: string };

/** What differs between the templates of a family: plain data, stored with the model. */
export type FamilyOptions = Readonly<Record<string, string | boolean | null>>;

export type FamilyName = 'solar' | 'chatml';

export type ChatFamily = { readonly name: FamilyName; readonly options: FamilyOptions };

export type FamilyDefinition = {
  /** The options of a canonical template that belongs to the family, else null. */
  match(canonical: string): FamilyOptions | null;
  /** The whole prompt of a conversation that ends with a user's message, up to where the answer begins. */
  render(messages: readonly ChatMessage[], options: FamilyOptions): PromptPart[];
};

export const template = (text: string): PromptPart => ({ kind: 'template', text });
export const plain = (text: string): PromptPart => ({ kind: 'text', text });
export const answer = (text: string): PromptPart => ({ kind: 'answer', text });

/** The templates that insist on it raise an exception here; the message says which turn is wrong. */
export function requireAlternation(messages: readonly ChatMessage[]): void {
  for (const [index, { role }] of messages.entries()) {
    const expected = index % 2 === 0 ? 'user' : 'assistant';
    if (role !== expected) throw new AppError('chat-messages', { index, role, expected });
  }
}
