// Brings shown nodes to what new ones look like, keeping all that did not change: a selection, a focus and the layout stay.

/** Slots hold what is no HTML (formulas, code); they keep what they show and are filled by their owner. */
const isSlot = (node: Node): node is HTMLDataElement => node instanceof HTMLDataElement;

/** Makes the children of `shown` those of `next`, which is used up. */
export function morph(shown: ParentNode & Node, next: ParentNode & Node): void {
  const olds = [...shown.childNodes];
  const news = [...next.childNodes];
  for (const [index, fresh] of news.entries()) {
    const old = olds[index];
    if (old === undefined) shown.appendChild(fresh);
    else if (!becomes(old, fresh)) shown.replaceChild(fresh, old);
  }
  for (const old of olds.slice(news.length)) old.remove();
}

function becomes(old: ChildNode, fresh: ChildNode): boolean {
  if (old instanceof Text && fresh instanceof Text) {
    if (fresh.data.startsWith(old.data)) {
      if (fresh.length > old.length) old.appendData(fresh.data.slice(old.length));
    } else old.data = fresh.data;
    return true;
  }
  if (!(old instanceof HTMLElement) || !(fresh instanceof HTMLElement) || old.tagName !== fresh.tagName) return false;
  if (isSlot(old) || isSlot(fresh)) return old.getAttribute('value') === fresh.getAttribute('value');
  const sameAttributes =
    old.attributes.length === fresh.attributes.length &&
    [...fresh.attributes].every(({ name, value }) => old.getAttribute(name) === value);
  if (!sameAttributes) return false;
  morph(old, fresh);
  return true;
}
