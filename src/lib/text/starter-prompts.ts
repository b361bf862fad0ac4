// Prompts that are there before a person saves any. Their words are the language's; a person may change or delete them.
import { m } from './paraglide/messages.js';

export type StarterPrompt = { readonly id: string; readonly name: string; readonly text: string };

/** The messages know single braces; the double ones of a place to fill come in with its name. */
const place = (name: string): string => `{{${name}}}`;

/** In the language of the page. Their ids stay: what a person changed of one is kept under it. */
export function starterPrompts(): StarterPrompt[] {
  return [
    {
      id: 'starter-explain',
      name: m['prompts.starters.explain.name'](),
      text: m['prompts.starters.explain.text']({
        topic: place(m['prompts.starters.explain.places.topic']()),
        reader: place(m['prompts.starters.explain.places.reader']()),
      }),
    },
    {
      id: 'starter-summarise',
      name: m['prompts.starters.summarise.name'](),
      text: m['prompts.starters.summarise.text']({
        count: place(m['prompts.starters.summarise.places.count']()),
        text: place(m['prompts.starters.summarise.places.text']()),
      }),
    },
    {
      id: 'starter-improve',
      name: m['prompts.starters.improve.name'](),
      text: m['prompts.starters.improve.text']({
        tone: place(m['prompts.starters.improve.places.tone']()),
        text: place(m['prompts.starters.improve.places.text']()),
      }),
    },
    {
      id: 'starter-translate',
      name: m['prompts.starters.translate.name'](),
      text: m['prompts.starters.translate.text']({
        language: place(m['prompts.starters.translate.places.language']()),
        text: place(m['prompts.starters.translate.places.text']()),
      }),
    },
    {
      id: 'starter-decide',
      name: m['prompts.starters.decide.name'](),
      text: m['prompts.starters.decide.text']({ question: place(m['prompts.starters.decide.places.question']()) }),
    },
  ];
}
