// What our reading of a template writes, against the template itself in a Jinja engine.
import { Template } from '@huggingface/jinja';
import { describe, expect, test } from 'vitest';
import { prepareMessages, type ChatFormat } from '#formats/chat-template/conversation.ts';
import { matchChatTemplate } from '#formats/chat-template/match.ts';
import { sentinel } from '#formats/tokenizer/sentinels.ts';
import { CHAT_TEMPLATES } from '#tests/support/tokenizer/chat-templates.ts';

const NO_TOKENS = { controlIds: {}, bosId: 1, eosId: 2, prefixIds: [], stopIds: [2], prependsSpace: false };

type Message = { readonly role: string; readonly content: string };
const system = (content: string): Message => ({ role: 'system', content });
const user = (content: string): Message => ({ role: 'user', content });
const assistant = (content: string): Message => ({ role: 'assistant', content });

const CONVERSATIONS: readonly (readonly Message[])[] = [
  [user('Hello?')],
  [system('Be kind.'), user('Hello?')],
  [user('One'), assistant('Two.'), user('Three')],
  [system('Count.'), user('One'), assistant('Two.'), user('Three')],
  [user('One'), assistant('Two.'), user('Three'), assistant('Four.\n\nYes.'), user('Five')],
  [system('Count.\nPlease.'), user('1'), assistant('2'), user('3'), assistant('4'), user('5')],
  [system(' spaced '), user(' spaced\n'), assistant('spaced \n'), user('\tspaced')],
  [user('$& $1 $$ {user_message} {system_message} {{ x }} {% y %}')],
  [user(''), assistant(''), user('after nothing')],
];

/** The prompt as one text, with BOS and EOS as the template writes them. */
function write(template: string, messages: readonly Message[]): string {
  const format: ChatFormat = { ...NO_TOKENS, family: matchChatTemplate(template) };
  return prepareMessages(format, messages)
    .map(({ name = '', content }) => name + content)
    .join('')
    .replaceAll(sentinel(1), '<s>')
    .replaceAll(sentinel(2), '</s>');
}

function render(template: string, messages: readonly Message[]): string {
  return new Template(template).render({
    messages: messages.map((message) => ({ ...message })),
    add_generation_prompt: true,
    bos_token: '<s>',
    eos_token: '</s>',
  });
}

describe.each(Object.entries(CHAT_TEMPLATES))('%s', (name, template) => {
  test('writes conversations as the template does', () => {
    for (const messages of CONVERSATIONS) {
      // Mistral's first template raises an exception for a system message; see below.
      if (name === 'mistral v1' && messages[0]?.role === 'system') continue;
      expect(write(template, messages), JSON.stringify(messages)).toBe(render(template, messages));
    }
  });

  test('is called by its name', () => {
    const { name: family } = matchChatTemplate(template);
    expect(name.startsWith(family), family).toBe(true);
  });

  test('is recognised however its lines end', () => {
    expect(matchChatTemplate(template.replaceAll('\n', '\r\n'))).toEqual(matchChatTemplate(template));
  });
});

test('an empty system message of SOLAR prints nothing', () => {
  expect(write(CHAT_TEMPLATES.solar, [system(''), user('Hi')])).toBe('### User:\nHi\n\n### Assistant:\n');
});

test('a system message goes before the first question where the template knows none', () => {
  const messages = [system('Be kind.'), user('Hi'), assistant('Yes?'), user('Bye')];
  expect(write(CHAT_TEMPLATES['mistral v1'], messages)).toBe(
    '<s>[INST] Be kind.\nHi [/INST]Yes?</s> [INST] Bye [/INST]',
  );
});

test('a system message goes before the first question where the template raises an exception for it', () => {
  const refusing = `{% if messages[0]['role'] == 'system' %}{{ raise_exception('no system') }}{% endif %}${CHAT_TEMPLATES.chatml}`;
  expect(write(refusing, [user('Hi')])).toBe(write(CHAT_TEMPLATES.chatml, [user('Hi')]));
  expect(write(refusing, [system('Be kind.'), user('Hi')])).toBe(write(CHAT_TEMPLATES.chatml, [user('Be kind.\nHi')]));
});

test('a file without a template is read as SOLAR when its name says so, and refused otherwise', () => {
  expect(matchChatTemplate(null, 'upstage_solar-10.7b-instruct-v1.0')).toEqual(matchChatTemplate(CHAT_TEMPLATES.solar));
  for (const modelName of [null, 'a base model', 'solar-10.7b']) {
    expect(() => matchChatTemplate(null, modelName)).toThrowError(
      expect.objectContaining({ code: 'chat-template-unknown' }),
    );
  }
});

describe('refuses in no time', () => {
  const deep = (open: string, close: string) => open.repeat(4000) + 'x' + close.repeat(4000);
  const cases: Readonly<Record<string, string>> = {
    'an empty template': '',
    'a text without messages': 'Once upon a time',
    'a tag that does not end': "{% for message in messages %}{{ message['content'] }",
    'a string that does not end': "{% for message in messages %}{{ 'x }}{% endfor %}",
    'a loop that does not end': "{% for message in messages %}{{ message['content'] }}",
    'a loop without end': '{% for i in range(1000000000) %}{{ i }}{% endfor %}',
    'a loop within a loop':
      "{% for message in messages %}{% for i in range(10**9) %}{{ i }}{% endfor %}{{ message['content'] }}{% endfor %}",
    'attributes of Python objects':
      "{{ messages.__class__.__mro__[1].__subclasses__() }}{% for message in messages %}{{ message['content'] }}{% endfor %}",
    'a filter that is not known': "{% for message in messages %}{{ message['content'] | reverse }}{% endfor %}",
    'a condition on what a message says':
      "{% for message in messages %}{% if message['content'] == 'x' %}a{% endif %}{{ message['content'] }}{% endfor %}",
    'a condition on the number of messages':
      "{% for message in messages %}{% if messages | length > 3 %}a{% endif %}{{ message['content'] }}{% endfor %}",
    'a place that cannot be told':
      "{% for message in messages %}{% if loop.index0 == 4 %}a{% endif %}{{ message['content'] }}{% endfor %}",
    'a text that depends on a condition that cannot be told':
      "{% for m in messages %}{% if loop.index0 == 4 %}{% set a = 'b' %}{% endif %}{{ a + m['content'] }}{% endfor %}",
    'a macro': '{% macro f(x) %}{{ x }}{% endmacro %}{% for message in messages %}{{ f(message) }}{% endfor %}',
    'messages gone through twice':
      "{% for m in messages %}{{ m['content'] }}{% endfor %}{% for m in messages %}{{ m['content'] }}{% endfor %}",
    'an answer written twice': "{% for m in messages %}{{ m['content'] + m['content'] }}{% endfor %}",
    'a hundred thousand ifs': '{% if x %}'.repeat(6000),
    'deep brackets': `{% for m in messages %}{{ ${deep('(', ')')} }}{{ m['content'] }}{% endfor %}`,
    'deep negation': `{% for m in messages %}{% if ${'not '.repeat(12_000)} x %}a{% endif %}{{ m['content'] }}{% endfor %}`,
    'a long chain of choices': `{% for m in messages %}{{ ${"'a' if x else ".repeat(4000)} 'b' }}{{ m['content'] + m['content'] }}{% endfor %}`,
    'text that doubles itself': `{% set a = bos_token %}${'{% set a = a + a %}'.repeat(3000)}{% for m in messages %}{{ a + m['content'] }}{% endfor %}`,
    'trimming of trimming': `{% set a = bos_token %}${'{% set a = a | trim + a | trim %}'.repeat(1500)}{% for m in messages %}{{ a + m['content'] }}{% endfor %}`,
    'a megabyte of spaces': `{% for m in messages %}{{ m['content'] }}{% endfor %}${' '.repeat(1_000_000)}`,
    'a long list': `{% for m in messages %}{% if m['role'] in [${"'a',".repeat(12_000)}] %}{% endif %}{{ m['content'] + m['content'] }}{% endfor %}`,
    'braces without end': '{'.repeat(60_000),
    'quotes without end': `{{ ${"'".repeat(60_000)}`,
  };
  test.each(Object.entries(cases))('%s', (_what, template) => {
    // The best of five: what else the machine does is not the template's doing.
    const tookMs = Array.from({ length: 5 }, () => {
      const start = performance.now();
      expect(() => matchChatTemplate(template)).toThrowError(
        expect.objectContaining({ code: 'chat-template-unknown' }),
      );
      return performance.now() - start;
    });
    expect(Math.min(...tookMs)).toBeLessThan(50);
  });
});

describe('refuses messages that the template does not allow', () => {
  const format: ChatFormat = { ...NO_TOKENS, family: matchChatTemplate(CHAT_TEMPLATES['llama-2']) };
  const cases: readonly (readonly [what: string, code: string, messages: readonly unknown[]])[] = [
    ['no messages', 'chat-messages', []],
    ['an answer last', 'chat-messages', [user('a'), assistant('b')]],
    ['an answer first', 'chat-messages', [assistant('b'), user('a')]],
    ['only a system message', 'chat-messages', [system('a')]],
    ['a system message later', 'chat-messages', [user('a'), assistant('b'), system('c'), user('d')]],
    ['two questions in a row', 'chat-messages', [user('a'), user('b')]],
    ['a tool', 'chat-messages', [user('a'), { role: 'tool', content: 'b' }, user('c')]],
    ['nothing at all', 'chat-messages', [null]],
    ['content that is a number', 'chat-content', [{ role: 'user', content: 7 }]],
    ['an image', 'chat-content', [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'x' } }] }]],
  ];
  test.each(cases)('%s', (_what, code, messages) => {
    expect(() => prepareMessages(format, messages)).toThrowError(expect.objectContaining({ name: 'AppError', code }));
  });
});
