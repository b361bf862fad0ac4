/** Takes the focus when the element that had it is gone with what this one replaces; otherwise leaves it alone. */
export function focusIfLost(element: HTMLElement): () => void {
  const frame = requestAnimationFrame(() => {
    const { activeElement, body } = document;
    if (activeElement === null || activeElement === body) element.focus({ preventScroll: true });
  });
  return () => cancelAnimationFrame(frame);
}
