// ChatML: every turn is `<|im_start|>role\n…<|im_end|>\n`. Some templates, SmolLM2's among them, write a system message of
// their own where the conversation does not begin with one.
import { STRING, exactly, unquote } from '#formats/chat-template/template-text.ts';
import { answer, plain, template, type FamilyDefinition, type PromptPart } from '#formats/chat-template/family.ts';

const TURN = '{{"<|im_start|>"+message["role"]+"\\n"+message["content"]+"<|im_end|>\\n"}}';
const PROMPT = '{%if add_generation_prompt%}{{"<|im_start|>assistant\\n"}}{%endif%}';
const DEFAULT_SYSTEM = `${exactly('{%if loop["first"] and messages[0]["role"]!="system"%}{{')}${STRING}${exactly('}}{%endif%}')}`;
const FORM = new RegExp(
  `^${exactly('{%for message in messages%}')}(?:${DEFAULT_SYSTEM})?${exactly(`${TURN}{%endfor%}${PROMPT}`)}$`,
);

export const chatml: FamilyDefinition = {
  match(canonical) {
    const found = FORM.exec(canonical);
    if (!found) return null;
    return { opening: found[1] === undefined ? null : unquote(found[1]) };
  },
  render(messages, { opening }) {
    const parts: PromptPart[] = [];
    if (typeof opening === 'string' && messages[0]?.role !== 'system') parts.push(template(opening));
    for (const { role, content } of messages) {
      const write = role === 'assistant' ? answer : plain;
      parts.push(template(`<|im_start|>${role}\n`), write(content), template('<|im_end|>\n'));
    }
    return [...parts, template('<|im_start|>assistant\n')];
  },
};
