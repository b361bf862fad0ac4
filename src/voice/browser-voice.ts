// The browser's own voice, found where it is. Nothing of it runs before it is asked for.
import type { Speaker } from './reader.ts';

/** Lists of voices come late or never. */
const VOICES_WITHIN_MS = 2000;

/** Regions for languages of the page that the browser names without one: recognisers want a region. */
const REGIONS: Readonly<Record<string, string>> = {
  ar: 'ar-EG',
  de: 'de-DE',
  en: 'en-US',
  es: 'es-ES',
  fr: 'fr-FR',
  ko: 'ko-KR',
};

/** What speaks here; null where nothing does. */
export function findSpeaker(): Speaker | null {
  const { speechSynthesis, SpeechSynthesisUtterance } = globalThis as Partial<typeof globalThis>;
  if (speechSynthesis === undefined || SpeechSynthesisUtterance === undefined) return null;
  return { synthesis: speechSynthesis, newUtterance: (text) => new SpeechSynthesisUtterance(text) };
}

/** The voices, once the browser has listed them. */
export async function listVoices(synthesis: SpeechSynthesis | undefined): Promise<readonly SpeechSynthesisVoice[]> {
  if (synthesis === undefined) return [];
  const voices = synthesis.getVoices();
  if (voices.length > 0) return voices;
  await new Promise<void>((resolve) => {
    setTimeout(resolve, VOICES_WITHIN_MS);
    // Old Safari has no listeners here; there the time decides.
    synthesis.addEventListener?.('voiceschanged', () => resolve(), { once: true });
  });
  return synthesis.getVoices();
}

/** A language of the page with the region in which the person has it. */
export function regional(language: string, preferred: readonly string[]): string {
  const own = preferred.find((one) => one.toLowerCase().startsWith(`${language.toLowerCase()}-`));
  return own ?? REGIONS[language] ?? language;
}
