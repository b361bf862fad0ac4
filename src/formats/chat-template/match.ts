// Which family a GGUF's chat template belongs to.
import { AppError } from '#base/errors.ts';
import { shorten } from '#formats/gguf/metadata.ts';
import { chatml } from '#formats/chat-template/chatml.ts';
import type { ChatFamily, FamilyDefinition, FamilyName } from '#formats/chat-template/family.ts';
import { solar } from '#formats/chat-template/solar.ts';
import { canonicalTemplate } from '#formats/chat-template/template-text.ts';

export const FAMILIES: Readonly<Record<FamilyName, FamilyDefinition>> = { solar, chatml };

/**
 * The family of a template; throws `chat-template-unknown` for one that fits none. The template is never executed, and a
 * resemblance is not enough: a wrong prompt gives wrong answers that nobody notices.
 */
export function matchChatTemplate(template: string | null): ChatFamily {
  const names = Object.keys(FAMILIES) as FamilyName[];
  const canonical = template === null ? null : canonicalTemplate(template);
  if (canonical !== null) {
    for (const name of names) {
      const options = FAMILIES[name].match(canonical);
      if (options) return { name, options };
    }
  }
  const found = template === null ? 'none' : `"${shorten(template)}"`;
  throw new AppError('chat-template-unknown', { found, known: names.join(', ') });
}
