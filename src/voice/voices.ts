export type VoiceFacts = Pick<SpeechSynthesisVoice, 'voiceURI' | 'name' | 'lang' | 'localService' | 'default'>;

const normal = (language: string): string => language.replaceAll('_', '-').toLowerCase(); // Android writes en_US
const baseOf = (language: string): string => normal(language).split('-')[0]!;

/** The voices that speak a language, those that speak on this device first. */
export function voicesFor<Voice extends VoiceFacts>(voices: readonly Voice[], language: string): Voice[] {
  const rank = (voice: Voice): number =>
    (voice.localService ? 0 : 4) + (normal(voice.lang) === normal(language) ? 0 : 2) + (voice.default ? 0 : 1);
  return voices
    .filter(({ lang }) => baseOf(lang) === baseOf(language))
    .sort((a, b) => rank(a) - rank(b) || a.name.localeCompare(b.name));
}

/** The voice for a language: the chosen one, else one on this device, else one that `mayBeRemote`; null when there is none. */
export function chooseVoice<Voice extends VoiceFacts>(
  voices: readonly Voice[],
  language: string,
  { chosen = null, mayBeRemote = false }: { chosen?: string | null; mayBeRemote?: boolean } = {},
): Voice | null {
  const fitting = voicesFor(voices, language).filter(({ localService }) => localService || mayBeRemote);
  return fitting.find(({ voiceURI }) => voiceURI === chosen) ?? fitting[0] ?? null;
}
