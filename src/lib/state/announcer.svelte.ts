/** What a screen reader says next. Rare on purpose: finished answers and stages, never single words. */
export class Announcer {
  text = $state('');
  #lastAt = -Infinity;
  #lastTopic = '';

  say(text: string): void {
    this.text = text;
    this.#lastTopic = '';
  }

  /** Says it when the topic is new, or when nothing was said about it for `everyMs`. */
  sayRarely(topic: string, text: string, now: number, everyMs: number): void {
    if (topic === this.#lastTopic && now - this.#lastAt < everyMs) return;
    this.text = text;
    this.#lastTopic = topic;
    this.#lastAt = now;
  }
}
