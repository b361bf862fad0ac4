import { AppError } from '#base/errors.ts';
import { beginDraft, draftWith } from '#voice/dictated-draft.ts';
import type { DictatedDraft } from '#voice/dictated-draft.ts';
import type { Dictation } from '#voice/dictation.ts';
import type { DictationPlace, RecognitionClass } from '#voice/recognition.ts';

type Outside = {
  recognition: () => RecognitionClass | null;
  /** BCP 47, with a region. */
  language: () => string;
  /** Phones repeat results in one long run. */
  isHandheld: () => boolean;
  mayGoOnline: () => boolean;
  allowOnline: () => void;
  /** Puts the draft with what was said in place of the draft. */
  write: (text: string) => void;
  onError: (error: AppError) => void;
  onEnd: () => void;
};

type Field = { readonly text: string; readonly from: number; readonly to: number };

/** Dictation into the draft, from the click to the last word. */
export class Dictating {
  /** `asking`: the person has to agree that the voice leaves the device, or to a language pack. */
  status = $state<'idle' | 'asking' | 'installing' | 'starting' | 'listening'>('idle');
  /** Why it asks. */
  place = $state.raw<DictationPlace>('server');
  /** Where the cursor belongs while words come in; null when it is the person's. */
  cursor = $state.raw<number | null>(null);

  readonly #outside: Outside;
  #draft: DictatedDraft | null = null;
  #running: Dictation | null = null;
  /** Counts up when what is under way is given up. */
  #turn = 0;

  constructor(outside: Outside) {
    this.#outside = outside;
  }

  get isOn(): boolean {
    return this.status !== 'idle' && this.status !== 'asking';
  }

  /** Begins at the cursor of the field, or ends what runs. */
  async toggle(field: Field): Promise<void> {
    if (this.status !== 'idle') return this.stop();
    const recognition = this.#outside.recognition();
    if (recognition === null) return;
    this.#draft = beginDraft(field.text, field.from, field.to);
    this.status = 'starting';
    const turn = ++this.#turn;
    const { dictationPlace } = await import('#voice/recognition.ts');
    const place = await dictationPlace(recognition, this.#outside.language());
    if (turn !== this.#turn) return;
    this.place = place;
    if (place === 'device' || (place === 'server' && this.#outside.mayGoOnline())) {
      return this.#listen(recognition, place === 'device');
    }
    this.status = 'asking';
  }

  /** The person agreed that the browser sends the voice to its maker. */
  async allow(): Promise<void> {
    const recognition = this.#outside.recognition();
    if (this.status !== 'asking' || recognition === null) return;
    this.#outside.allowOnline();
    await this.#listen(recognition, false);
  }

  /** Fetches the language pack, and listens when it has come. */
  async install(): Promise<void> {
    const recognition = this.#outside.recognition();
    if (this.status !== 'asking' || recognition === null) return;
    this.status = 'installing';
    const turn = ++this.#turn;
    const { installPack } = await import('#voice/recognition.ts');
    const language = this.#outside.language();
    const isHere = await installPack(recognition, language);
    if (turn !== this.#turn) return;
    if (isHere) return this.#listen(recognition, true);
    this.#end(new AppError('dictation-pack', { language }));
  }

  /** The person does not agree. A dialog that closes because they did says so too, and changes nothing. */
  refuse(): void {
    if (this.status === 'asking') this.cancel();
  }

  /** Ends it; what was said and is not understood yet still comes. */
  stop(): void {
    if (this.#running !== null) this.#running.stop();
    else this.cancel();
  }

  /** Ends it at once: the draft was sent, or the person writes on by hand. */
  cancel(): void {
    this.#turn++;
    this.#running?.cancel();
    this.#running = null;
    this.#draft = null;
    this.cursor = null;
    this.status = 'idle';
  }

  async #listen(recognition: RecognitionClass, isLocal: boolean): Promise<void> {
    const draft = this.#draft;
    if (draft === null) return;
    this.status = 'starting';
    const turn = ++this.#turn;
    const { startDictation } = await import('#voice/dictation.ts');
    if (turn !== this.#turn) return;
    const isCurrent = (): boolean => turn === this.#turn;
    const options = { language: this.#outside.language(), isLocal, isContinuous: !this.#outside.isHandheld() };
    this.#running = startDictation(recognition, options, {
      onStart: () => {
        if (isCurrent()) this.status = 'listening';
      },
      onText: (settled, open) => {
        if (!isCurrent()) return;
        const { text, cursor } = draftWith(draft, `${settled} ${open}`.trim());
        this.cursor = cursor;
        this.#outside.write(text);
      },
      onEnd: (error) => {
        if (isCurrent()) this.#end(error);
      },
    });
  }

  #end(error: AppError | null): void {
    this.#running = null;
    this.cancel();
    if (error !== null) this.#outside.onError(error);
    else this.#outside.onEnd();
  }
}
