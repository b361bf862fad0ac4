// Which family a GGUF's chat template belongs to, and how it writes a conversation.
import { AppError } from '#base/errors.ts';
import { shorten } from '#formats/gguf/metadata.ts';
import type { TextPart } from '#formats/chat-template/template-value.ts';
import { placeKey, readTurnTable, type TurnTable } from '#formats/chat-template/turn-table.ts';

export type FamilyName =
  'solar' | 'chatml' | 'llama-2' | 'mistral' | 'zephyr' | 'vicuna' | 'alpaca' | 'llama-3' | 'other';

/** Plain data, stored with the model. */
export type ChatFamily = { readonly name: FamilyName; readonly table: TurnTable };

/** What a family writes around a user's message; the first that fits. */
const SIGNS: readonly (readonly [FamilyName, RegExp])[] = [
  ['chatml', /<\|im_start\|>\s*user/],
  ['llama-3', /<\|start_header_id\|>user<\|end_header_id\|>/],
  ['llama-2', /\[INST\][^]*<<SYS>>|<<SYS>>[^]*\[INST\]/],
  ['mistral', /\[INST\]/],
  ['zephyr', /<\|user\|>/],
  ['solar', /### User:/],
  ['alpaca', /### Instruction:/],
  ['vicuna', /USER:/],
];

/** SOLAR's own, for files made before templates were written into them. */
const SOLAR =
  "{% for message in messages %}{% if message['role'] == 'system' %}{% if message['content'] %}{{ '### System:\\n' + message['content'] + '\\n\\n' }}{% endif %}{% elif message['role'] == 'user' %}{{ '### User:\\n' + message['content'] + '\\n\\n' }}{% elif message['role'] == 'assistant' %}{{ '### Assistant:\\n' + message['content'] }}{% endif %}{% if loop.last and add_generation_prompt %}{{ '### Assistant:\\n' }}{% endif %}{% endfor %}";

/**
 * The family of a template; throws `chat-template-unknown` for one that cannot be read as a table of turns, as all known
 * families can, whatever they write around a turn. A resemblance is not enough: a wrong prompt gives wrong answers that
 * nobody notices. `modelName` (`general.name`) is asked only when the file has no template.
 */
export function matchChatTemplate(template: string | null, modelName: string | null = null): ChatFamily {
  const chosen = template ?? (/solar.*instruct/i.test(modelName ?? '') ? SOLAR : null);
  const table = chosen === null ? null : readTurnTable(chosen);
  if (table) return { name: nameOf(table), table };
  throw new AppError('chat-template-unknown', {
    found: template === null ? 'it has none' : `it begins with ${JSON.stringify(shorten(template))}`,
    known: SIGNS.map(([known]) => known).join(', '),
  });
}

function nameOf({ frames, turns }: TurnTable): FamilyName {
  const place = { role: 'user', isFilled: true, isLast: true } as const;
  const written = (['none', 'filled'] as const).flatMap((system) => [
    ...frames[system].opening,
    ...(turns[placeKey({ ...place, isFirst: true, system })] ?? []),
    ...(turns[placeKey({ ...place, isFirst: false, system })] ?? []),
    ...frames[system].ending,
  ]);
  const text = written.map(textOf).join('');
  return SIGNS.find(([, sign]) => sign.test(text))?.[0] ?? 'other';
}

function textOf(part: TextPart): string {
  if (part.kind === 'text') return part.text;
  return part.kind === 'trimmed' ? part.parts.map(textOf).join('') : '';
}
