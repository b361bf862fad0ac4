/** Nearer to the end than this counts as being there: less than two lines. */
const NEAR_PX = 48;

/** Keeps the page at its end while it grows, as long as the reader is there. The page itself is what scrolls. */
export class PageEnd {
  isNear = $state(true);
  #jumpedTo = -1;

  /** For the window's scroll and resize events. */
  onscroll = (): void => {
    const { scrollHeight, scrollTop, clientHeight } = document.documentElement;
    // The event of a jump comes a frame later, when the page may have grown by more than counts as near: no reader moved.
    if (this.isNear && scrollTop === this.#jumpedTo) return;
    this.isNear = scrollHeight - scrollTop - clientHeight < NEAR_PX;
  };

  /** Attach to what grows. */
  follow = (content: HTMLElement): (() => void) => {
    const observer = new ResizeObserver(() => {
      if (this.isNear) this.#jump();
      else this.onscroll(); // what shrank may have brought the end near
    });
    observer.observe(content);
    return () => observer.disconnect();
  };

  /** Goes to the end and stays there. */
  go = (): void => {
    this.isNear = true;
    this.#jump();
  };

  #jump(): void {
    document.documentElement.scrollTop = document.documentElement.scrollHeight;
    this.#jumpedTo = document.documentElement.scrollTop;
  }
}
