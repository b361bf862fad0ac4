// What is read of an answer as the page renders it: the real Markdown view, real nodes, real ranges and highlights. The voice
// itself is played at the browser's edge, because headless Chromium has none.
import { afterEach, expect, test, vi } from 'vitest';
import Markdown from '#lib/ui/Markdown.svelte';
import { render } from '#tests/browser/ui/render.ts';
import { readPageText } from '#voice/page-text.ts';
import type { PageText } from '#voice/page-text.ts';
import { readAloud } from '#voice/read-aloud.ts';
import { placeOf, utterancesOf } from '#voice/speech-text.ts';
import { NO_VOICE } from '#voice/voice-settings.ts';

const WORDS = { code: (label: string, lines: number) => `${label}, ${lines} lines.`, formula: 'a formula' };

const ANSWER = `# The sun

It is **very** bright; see [this page](https://example.org/long/path).

- first point
- second point with \`code\`

\`\`\`python
print(1)
print(2)
\`\`\`

| City | People |
| --- | --- |
| Cairo | 10 |

Where $x^2 = 4$ holds, and $$\\frac{a}{b}$$ too.

الشمس ساطعة جدا.
`;

async function shown(text: string): Promise<Element> {
  render(Markdown, { text });
  await expect.poll(() => document.querySelector('.md:not([hidden])')?.textContent).toContain('ساطعة');
  await expect.poll(() => document.querySelectorAll('.md .katex').length).toBe(2);
  return document.querySelector('.md')!;
}

afterEach(() => CSS.highlights.clear());

test('reads headings, lists, tables and links, announces code, and says what formulas it can', async () => {
  const { runs } = readPageText(await shown(ANSWER), WORDS);
  const spoken = utterancesOf(runs, 'en').map(
    ({ text, language }) => `${language}: ${text.replace(/\s+/g, ' ').trim()}`,
  );
  expect(spoken).toEqual([
    'en: The sun',
    'en: It is very bright; see this page (example.org).',
    'en: first point',
    'en: second point with code',
    'en: Code, python, 2 lines.',
    'en: City, People,',
    'en: Cairo, 10,',
    'en: Where x² = 4 holds, and a formula too.',
    'ar: الشمس ساطعة جدا.',
  ]);
});

test('every word that is spoken and stands in the page has its range there', async () => {
  const page: PageText = readPageText(await shown(ANSWER), WORDS);
  let found = 0;
  for (const utterance of utterancesOf(page.runs, 'en')) {
    for (const { index, 0: word } of utterance.text.matchAll(/[\p{L}\p{M}]+/gu)) {
      const place = placeOf(utterance, index, word.length);
      if (place === null) continue;
      expect(page.rangeOf(place)!.toString()).toBe(word);
      found++;
    }
  }
  expect(found).toBeGreaterThan(20);
});

test('marks the sentence and the word while they are spoken, changes no node, and clears the marks at the end', async () => {
  const root = await shown(ANSWER);
  const changed = vi.fn();
  const observer = new MutationObserver(changed);
  observer.observe(root, { subtree: true, childList: true, characterData: true, attributes: true });
  const spoken: SpeechSynthesisUtterance[] = [];
  const voice = { lang: 'en-US', name: 'Here', voiceURI: 'here', localService: true, default: true };
  const onEnd = vi.fn();
  const reader = readAloud(root, {
    speaker: {
      synthesis: {
        speak: (one) => void spoken.push(one),
        cancel: () => undefined,
        resume: () => undefined,
        paused: false,
      },
      newUtterance: (text) => ({ text }) as SpeechSynthesisUtterance,
    },
    voices: [voice],
    settings: NO_VOICE,
    words: WORDS,
    language: 'en',
    isCalm: true,
    onVoice: () => undefined,
    onEnd,
  });
  reader.play();
  spoken[0]!.onend?.({} as SpeechSynthesisEvent);
  const second = spoken[1]!;
  second.onboundary?.({
    name: 'word',
    charIndex: second.text.indexOf('bright'),
    charLength: 6,
  } as SpeechSynthesisEvent);
  const marked = (name: string) => [...(CSS.highlights.get(name) ?? [])].map(String);
  expect(marked('daylight-spoken-word')).toEqual(['bright']);
  expect(marked('daylight-spoken-sentence')).toEqual(['It is very bright; see this page (example.org).']);
  reader.stop();
  expect(CSS.highlights.size).toBe(0);
  await new Promise((resolve) => setTimeout(resolve));
  expect(changed).not.toHaveBeenCalled();
  observer.disconnect();
});

test('says plainly that only voices of the network could read it, and reads with one when that is allowed', async () => {
  const root = await shown(ANSWER);
  const remote = { lang: 'en-US', name: 'Far', voiceURI: 'far', localService: false, default: true };
  const speak = vi.fn();
  const onEnd = vi.fn();
  const onVoice = vi.fn();
  const options = {
    speaker: {
      synthesis: { speak, cancel: () => undefined, resume: () => undefined, paused: false },
      newUtterance: (text: string) => ({ text }) as SpeechSynthesisUtterance,
    },
    voices: [remote],
    words: WORDS,
    language: 'en',
    isCalm: true,
    onVoice,
    onEnd,
  };
  readAloud(root, { ...options, settings: NO_VOICE }).play();
  expect(speak).not.toHaveBeenCalled();
  expect(onEnd.mock.calls[0]![0]).toMatchObject({ code: 'reading-only-remote', details: { language: 'en' } });
  const reader = readAloud(root, { ...options, settings: { ...NO_VOICE, mayReadOnline: true } });
  reader.play();
  expect(speak).toHaveBeenCalledOnce();
  expect(onVoice).toHaveBeenCalledWith(remote);
  reader.stop();
});
