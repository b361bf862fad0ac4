// SOLAR: "### Role:\n", nothing after an assistant's turn, an empty system message prints nothing.
import { answer, plain, template, type FamilyDefinition, type PromptPart } from '#formats/chat-template/family.ts';

const SYSTEM = '{%if message["content"]%}{{"### System:\\n"+message["content"]+"\\n\\n"}}{%endif%}';
const CANONICAL =
  `{%for message in messages%}{%if message["role"]=="system"%}${SYSTEM}` +
  '{%elif message["role"]=="user"%}{{"### User:\\n"+message["content"]+"\\n\\n"}}' +
  '{%elif message["role"]=="assistant"%}{{"### Assistant:\\n"+message["content"]}}{%endif%}' +
  '{%if loop["last"] and add_generation_prompt%}{{"### Assistant:\\n"}}{%endif%}{%endfor%}';

export const solar: FamilyDefinition = {
  match: (canonical) => (canonical === CANONICAL ? {} : null),
  render(messages) {
    const parts: PromptPart[] = [];
    for (const { role, content } of messages) {
      if (role === 'assistant') parts.push(template('### Assistant:\n'), answer(content));
      else if (role === 'user') parts.push(template('### User:\n'), plain(content), template('\n\n'));
      else if (content !== '') parts.push(template('### System:\n'), plain(content), template('\n\n'));
    }
    return [...parts, template('### Assistant:\n')];
  },
};
