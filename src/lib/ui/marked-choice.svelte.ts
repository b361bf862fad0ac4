type Offer = {
  count: () => number;
  /** The person took the one at this place. */
  take: (at: number) => void;
};

/** Which of the offered things is marked while the focus stays in a text field, and what the keys of a list do there. */
export class MarkedChoice {
  /** Of the marked one. */
  at = $state(0);
  readonly listId: string;
  readonly #offer: Offer;
  #hasFocus = $state(false);
  /** By Escape, until there is a new offer. */
  #isClosed = $state(false);

  constructor(listId: string, offer: Offer) {
    this.listId = listId;
    this.#offer = offer;
  }

  get isShown(): boolean {
    return this.#offer.count() > 0 && this.#hasFocus && !this.#isClosed;
  }

  /** For the text field. It stays a text field to screen readers, and names the list and the marked one in it. */
  get attributes() {
    const shown = this.isShown ? this.listId : undefined;
    return {
      'aria-autocomplete': 'list',
      'aria-haspopup': 'listbox',
      'aria-controls': shown,
      'aria-activedescendant': shown && `${shown}-${this.at}`,
      onfocus: () => void (this.#hasFocus = true),
      onblur: () => void (this.#hasFocus = false),
    } as const;
  }

  /** Something is offered now, or nothing any more. */
  offerChanged(isOffering: boolean): void {
    this.at = 0;
    if (!isOffering) this.#isClosed = false;
  }

  /** True when the key was one of the list's. */
  onkeydown(event: KeyboardEvent): boolean {
    if (!this.isShown) return false;
    const count = this.#offer.count();
    if (event.key === 'ArrowDown') this.at = (this.at + 1) % count;
    else if (event.key === 'ArrowUp') this.at = (this.at + count - 1) % count;
    else if (event.key === 'Enter' && !event.shiftKey) this.#offer.take(Math.min(this.at, count - 1));
    else if (event.key === 'Escape') this.#isClosed = true;
    else return false;
    event.preventDefault(); // Escape would stop the answer, too
    return true;
  }
}
