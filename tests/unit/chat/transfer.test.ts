import { describe, expect, test } from 'vitest';
import { newConversation } from '#chat/conversation.ts';
import type { Message } from '#chat/conversation.ts';
import { htmlParts } from '#chat/transfer/export-html.ts';
import { jsonParts } from '#chat/transfer/export-json.ts';
import { markdownParts } from '#chat/transfer/export-markdown.ts';
import { readExport } from '#chat/transfer/import-file.ts';
import { branchOf, fileName } from '#chat/transfer/kept.ts';
import type { ExportWords, Kept } from '#chat/transfer/kept.ts';
import { pathTo } from '#chat/tree.ts';
import { chatGptConversation, openWebUiChat } from '#tests/support/chat/exports.ts';
import { answer, chained, question, randomTree, seeded } from '#tests/support/chat/messages.ts';

const WORDS: ExportWords = {
  untitled: 'Untitled',
  you: 'You',
  model: 'Model',
  exportedOn: 'Exported today',
  attached: (name) => `File: ${name}`,
  date: () => '1 May',
  lang: 'en',
  dir: 'ltr',
};
const NOW = 1_800_000_000_000;

function kept(messages: readonly Message[], title = 'A title', id = 'c'): Kept {
  const conversation = { ...newConversation(id, title, 5), headId: messages.at(-1)?.id ?? null };
  return { conversation, messages, attachments: [] };
}

async function* each(all: readonly Kept[]): AsyncGenerator<Kept> {
  yield* all;
}

async function joined(parts: AsyncIterable<string>): Promise<string> {
  let text = '';
  for await (const part of parts) text += part;
  return text;
}

const read = (value: unknown): ReturnType<typeof readExport> => readExport('f.json', JSON.stringify(value), NOW);
const branchTexts = (one: Kept): string[] =>
  pathTo(one.messages, one.conversation.headId).map(({ role, text }) => `${role}: ${text}`);

describe('our own JSON', () => {
  test.each([1, 2, 3, 4, 5])('comes back as it was, whole trees with settings and files (%d)', async (seed) => {
    const messages = randomTree(seed, 30);
    const base = kept(messages);
    const file = {
      ...{ id: 'f', name: 'a.txt', format: 'text', sizeBytes: 5, characters: 5, pages: null },
      ...{ conversationId: 'c', isDraft: false, addedAt: 1, language: null, direction: 'ltr' as const },
      ...{ sections: [{ label: '', page: null, text: 'words' }], warnings: [], standIn: null },
    };
    const one: Kept = {
      ...base,
      conversation: {
        ...base.conversation,
        folder: 'Work',
        pinnedAt: 7,
        titleBy: 'person',
        settings: { ...base.conversation.settings, instructions: 'Be brief', temperature: 0.5 },
        digest: { upToId: messages[0]!.id, text: 'so far' },
      },
      attachments: [file],
    };
    const text = await joined(jsonParts(each([one, kept([question('x')], 'Second', 'd')]), NOW));
    const back = readExport('f.json', text, NOW);
    expect(back).toMatchObject({ kind: 'daylight', brokenCount: 0 });
    expect(back.conversations[0]).toEqual(one);
    expect(back.conversations).toHaveLength(2);
  });

  test('an export of nothing is a file with nothing in it', async () => {
    const back = readExport('f.json', await joined(jsonParts(each([]), NOW)), NOW);
    expect(back.conversations).toEqual([]);
  });

  test('a conversation with a hole in it is counted and left out, the rest comes in', async () => {
    const text = await joined(jsonParts(each([kept([question('a')]), kept([question('b')], 't', 'd')]), NOW));
    const value = JSON.parse(text) as { conversations: { messages: unknown[] }[] };
    value.conversations[0]!.messages.push({ id: 'x', role: 'robot' });
    expect(read(value)).toMatchObject({ brokenCount: 1, conversations: [{ conversation: { id: 'd' } }] });
  });

  test('a newer version is refused by name', () => {
    expect(() => read({ format: 'daylight-chats', version: 2, conversations: [] })).toThrow(
      expect.objectContaining({ code: 'chats-file-version' }),
    );
  });
});

describe('ChatGPT’s export', () => {
  const TREE = chatGptConversation('abc', 'Tides', [
    { id: 'q1', parent: null, role: 'user', text: 'Why tides?' },
    { id: 'a1', parent: 'q1', role: 'assistant', text: 'The moon.' },
    { id: 'a2', parent: 'q1', role: 'assistant', text: 'Gravity.' },
    { id: 'q2', parent: 'a2', role: 'user', text: 'More' },
    {
      id: 'search',
      parent: 'q2',
      role: 'assistant',
      text: '',
      content: { content_type: 'code', text: 'search("tides")' },
      more: { recipient: 'browser' },
    },
    { id: 'tool', parent: 'search', role: 'tool', text: 'results' },
    { id: 'thought', parent: 'tool', role: 'assistant', text: '', content: { content_type: 'thoughts', thoughts: [] } },
    { id: 'a3', parent: 'thought', role: 'assistant', text: 'More gravity.' },
  ]);

  test('becomes a tree with the same branches and head, without what was not shown', () => {
    const { kind, conversations, brokenCount } = read([TREE]);
    expect([kind, brokenCount]).toEqual(['chatgpt', 0]);
    const [one] = conversations;
    expect(one!.conversation).toMatchObject({
      title: 'Tides',
      createdAt: 1_700_000_000_123,
      updatedAt: 1_700_000_500_250,
    });
    expect(branchTexts(one!)).toEqual([
      'user: Why tides?',
      'assistant: Gravity.',
      'user: More',
      'assistant: More gravity.',
    ]);
    expect(one!.messages.map(({ text }) => text)).toContain('The moon.');
    expect(one!.messages.find(({ text }) => text === 'Gravity.')).toMatchObject({ model: 'gpt-4o', state: 'done' });
  });

  test('a picture in a message is named, spoken words are kept', () => {
    const parts = [
      { content_type: 'image_asset_pointer', asset_pointer: 'file-service://x' },
      { content_type: 'audio_transcription', text: 'spoken' },
      'typed',
    ];
    const one = chatGptConversation('p', 'Picture', [
      { id: 'q', parent: null, role: 'user', text: '', content: { content_type: 'multimodal_text', parts } },
    ]);
    expect(branchTexts(read([one]).conversations[0]!)).toEqual(['user: [image]\n\nspoken\n\ntyped']);
  });

  test('a head that was not shown is the nearest message before it', () => {
    const one = chatGptConversation(
      'h',
      'Head',
      [
        { id: 'q', parent: null, role: 'user', text: 'Hi' },
        { id: 'tool', parent: 'q', role: 'tool', text: 'x' },
      ],
      'tool',
    );
    expect(branchTexts(read([one]).conversations[0]!)).toEqual(['user: Hi']);
  });
});

describe('Open WebUI’s export', () => {
  test('becomes a tree with its head, model and pin, without what the model thought', () => {
    const chat = openWebUiChat('x', 'Colours', [
      { id: 'q', parent: null, role: 'user', text: 'Red?' },
      { id: 'a', parent: 'q', role: 'assistant', text: '<details type="reasoning" done="true">hm</details>\nYes.' },
      { id: 'b', parent: 'q', role: 'assistant', text: 'No.' },
    ]);
    const { kind, conversations } = read([chat]);
    expect(kind).toBe('open-webui');
    expect(branchTexts(conversations[0]!)).toEqual(['user: Red?', 'assistant: No.']);
    expect(conversations[0]!.messages.find(({ text }) => text === 'Yes.')).toMatchObject({ model: 'Llama 3' });
    expect(conversations[0]!.conversation).toMatchObject({
      title: 'Colours',
      pinnedAt: NOW,
      createdAt: 1_710_000_000_000,
    });
  });

  test('one chat alone, not in an array, is read too', () => {
    expect(
      read(openWebUiChat('x', 't', [{ id: 'q', parent: null, role: 'user', text: 'Hi' }])).conversations,
    ).toHaveLength(1);
  });
});

describe('what is no export', () => {
  test.each(['', '{', '[1,', 'not json', '\u0000'])('%j is told as damaged', (text) => {
    expect(() => readExport('f', text, NOW)).toThrow(expect.objectContaining({ code: 'chats-file-damaged' }));
  });

  test.each([null, 7, 'text', [], {}, [[]], [null], { messages: [] }, { format: 'other' }])(
    '%j is told as unknown',
    (value) => {
      expect(() => read(value)).toThrow(expect.objectContaining({ code: 'chats-file-unknown' }));
    },
  );

  test('a file that is cut anywhere is told, never read in part', () => {
    const text = JSON.stringify([chatGptConversation('a', 't', [{ id: 'q', parent: null, role: 'user', text: 'Hi' }])]);
    for (let end = 0; end < text.length; end++) {
      expect(() => readExport('f', text.slice(0, end), NOW)).toThrow(
        expect.objectContaining({ code: 'chats-file-damaged' }),
      );
    }
  });

  test('hostile trees end in well-formed conversations or are left out', () => {
    const next = seeded(7);
    const pick = (): unknown =>
      [null, 7, '', 'a', 'b', 'root', {}, [], { role: 'user' }, { content_type: 'text', parts: ['x'] }, -1e308][
        Math.floor(next() * 11)
      ];
    for (let round = 0; round < 300; round++) {
      const node = (): object => ({
        parent: pick(),
        parentId: pick(),
        role: next() < 0.5 ? 'user' : pick(),
        content: next() < 0.5 ? 'words' : pick(),
        timestamp: pick(),
        message: {
          author: { role: 'user' },
          content: { content_type: 'text', parts: [pick(), 'x'] },
          create_time: pick(),
        },
      });
      const nodes = { a: node(), b: node(), root: node(), c: pick() };
      const one = { id: 'x', title: pick(), mapping: nodes, current_node: pick(), create_time: pick() };
      const chat = { history: { messages: nodes, currentId: pick() }, title: pick() };
      for (const value of [[one], [{ id: 'y', chat }]]) {
        for (const { conversation, messages } of read(value).conversations) {
          expect(messages.length).toBeGreaterThan(0);
          expect(Number.isFinite(conversation.createdAt)).toBe(true);
          expect(pathTo(messages, conversation.headId).length).toBeGreaterThan(0);
        }
      }
    }
  });
});

describe('exports for reading', () => {
  const one = kept(
    chained([
      question('q', 'Say <b>hi</b> & "bye"', {
        attachments: [{ id: 'f', name: '<i>.pdf', format: 'pdf', sizeBytes: 1, characters: 1, pages: 1 }],
      }),
      answer('a', '# Head\n\n1. **One**\n2. `<two>`\n\n```html\n<script>1</script>\n```\n\nEnd <img src=x>', {
        model: 'SOLAR',
      }),
    ]),
    'Title <script>',
  );

  test('Markdown says who speaks, in order, as it was written', async () => {
    const text = await joined(markdownParts(each([one]), WORDS));
    expect(text).toMatch(/^# Title <script>\n/);
    expect(text.indexOf('## You')).toBeLessThan(text.indexOf('## SOLAR'));
    expect(text).toContain('```html\n<script>1</script>\n```');
  });

  test('the HTML page has no script, no address, and every message as text', async () => {
    const html = await joined(htmlParts(each([one]), 'Title <script>', WORDS));
    expect(html).not.toMatch(/<(?:script|img|i|b|link|iframe)\b/);
    expect(html).not.toMatch(/https?:/);
    expect(html).toContain('Say &lt;b&gt;hi&lt;/b&gt; &amp; &quot;bye&quot;');
    expect(html).toContain('<pre dir="ltr"><code>&lt;script&gt;1&lt;/script&gt;</code></pre>');
    expect(html).toContain('<ol><li><strong>One</strong></li><li><code dir="ltr">&lt;two&gt;</code></li></ol>');
    expect(html).toContain('<h3>Head</h3>');
    expect(html).toContain("default-src 'none'");
  });

  test('only the open branch is written, without answers that never began', () => {
    const messages = [
      ...chained([question('q'), answer('a', ''), question('q2')]),
      answer('other', 'x', { parentId: 'q' }),
    ];
    expect(
      branchOf({ ...kept(messages), conversation: { ...kept(messages).conversation, headId: 'q2' } }),
    ).toMatchObject([{ id: 'q' }, { id: 'q2' }]);
  });

  test('a file’s name is one that every system takes', () => {
    expect(fileName('a/b\\c:d*e?"<>|\n.', 'md')).toBe('a b c d e.md');
    expect(fileName(' ... ', 'md')).toBe('Daylight.md');
    expect([...fileName('ن'.repeat(300), 'json')].length).toBe(85);
  });
});
