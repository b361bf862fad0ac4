import { describe, expect, test } from 'vitest';
import { newConversation } from '#chat/conversation.ts';
import { SearchIndex } from '#chat/search-index.ts';
import { snippetOf } from '#chat/search-snippet.ts';
import { foldText, termsOf } from '#chat/search-words.ts';
import { answer, question } from '#tests/support/chat/messages.ts';

function indexOf(texts: Record<string, string>): SearchIndex {
  const index = new SearchIndex();
  for (const [id, text] of Object.entries(texts)) {
    index.put(newConversation(id, `title of ${id}`, 1), [question(`q-${id}`, text)]);
  }
  return index;
}

const found = (index: SearchIndex, query: string): string[] =>
  index.search(query).map(({ conversationId }) => conversationId);

describe('the form in which words are compared', () => {
  test('leaves out case and accents', () => {
    expect(foldText('Crème BRÛLÉE')).toBe('creme brulee');
    expect(termsOf('Über-Größe, 2nd')).toEqual(['uber', 'große', '2nd']);
  });

  test('leaves out Arabic vowel signs, tatweel and forms of letters, and knows words without their article', () => {
    expect(foldText('مُدَرِّسَةٌ')).toBe(foldText('مدرسه'));
    expect(foldText('كتـــاب')).toBe('كتاب');
    expect(foldText('أحمد إلى آل')).toBe(foldText('احمد الي ال'));
    expect(termsOf('والكتاب')).toContain('كتاب');
  });

  test('keeps Hangul syllables whole, and cuts Chinese and Japanese into words', () => {
    expect(termsOf('한국어를 배웁니다')).toEqual(['한국어를', '배웁니다']);
    expect(termsOf('我喜欢图书馆').length).toBeGreaterThan(1);
  });
});

describe('the index', () => {
  test('finds words of messages and titles by their beginnings, all of them in one place', () => {
    const index = indexOf({ a: 'The photosynthesis of green leaves', b: 'Green paint', c: 'Nothing here' });
    expect(found(index, 'gre')).toEqual(expect.arrayContaining(['a', 'b']));
    expect(found(index, 'green photo')).toEqual(['a']);
    expect(found(index, 'title of c')).toEqual(['c']);
    expect(found(index, 'photosinthesis')).toEqual(['a']);
    expect(found(index, 'zebra')).toEqual([]);
    expect(found(index, ' ?! ')).toEqual([]);
  });

  test('finds Arabic and Korean as people type them', () => {
    const index = indexOf({ ar: 'أين الكِتَابُ الجديد؟', ko: '한국어를 배우고 싶어요', zh: '我喜欢在图书馆看书' });
    expect(found(index, 'كتاب')).toEqual(['ar']);
    expect(found(index, 'الكتاب جديد')).toEqual(['ar']);
    expect(found(index, '한국어')).toEqual(['ko']);
    expect(found(index, '图书馆')).toEqual(['zh']);
  });

  test('says which message fits, also when the title does', () => {
    const index = new SearchIndex();
    index.put(newConversation('c', 'About tides', 1), [question('q', 'Hi'), answer('a', 'Tides come from the moon')]);
    expect(index.search('tides')).toMatchObject([{ conversationId: 'c', messageId: 'a' }]);
    expect(index.search('about')).toMatchObject([{ messageId: null, snippet: [] }]);
  });

  test('forgets what was replaced and taken out', () => {
    const index = indexOf({ a: 'apples' });
    index.put(newConversation('a', 'new', 1), [question('q-a', 'pears')]);
    expect(found(index, 'apples')).toEqual([]);
    expect(found(index, 'pears')).toEqual(['a']);
    index.remove('a');
    expect(found(index, 'pears')).toEqual([]);
  });
});

describe('a snippet', () => {
  const marked = (text: string, query: string): string =>
    snippetOf(text, query)
      .map((part) => (part.isMatch ? `[${part.text}]` : part.text))
      .join('');

  test('shows the place with the words marked as they are written', () => {
    expect(marked('One Crème\n brûlée, please', 'creme bru')).toBe('One [Crème] [brûlée], please');
    expect(marked('أين الكِتَابُ؟', 'كتاب')).toBe('أين [الكِتَابُ]؟');
  });

  test('is a part of a long text, around the words', () => {
    const snippet = marked(`${'before '.repeat(100)}needle ${'after '.repeat(100)}`, 'needle');
    expect(snippet.length).toBeLessThan(190);
    expect(snippet).toMatch(/^…(?:before )+\[needle\] (?:after )+.*…$/);
  });

  test('holds all its text, whatever the query', () => {
    const text = 'a b c d e f';
    for (const query of ['', 'a', 'c e', 'zzz', '((', 'f']) {
      expect(
        snippetOf(text, query)
          .map((part) => part.text)
          .join(''),
      ).toBe(text);
    }
  });
});
