// What does not fit on a screen: everything that is wider than its place, cut off, or on top of something else.

/**
 * Looks at the page as it is and tells what a reader could not read or press, one line for each.
 *
 * `target` is how many CSS pixels a control has at least, each way.
 */
export const misfits = (page, target) => page.evaluate(look, target);

/** Runs in the page. */
function look(target) {
  const found = [];
  const name = (element) => {
    const id = element.closest('[id]')?.id;
    const words = (element.getAttribute('aria-label') ?? element.textContent).trim().replace(/\s+/g, ' ').slice(0, 48);
    return `${id ? `#${id} ` : ''}${element.tagName.toLowerCase()}${[...element.classList].map((it) => `.${it}`).join('')} “${words}”`;
  };
  const root = document.documentElement;
  if (root.scrollWidth > innerWidth) found.push(`the page is ${root.scrollWidth - innerWidth} px wider than its window`);
  if (root.scrollHeight > innerHeight) found.push(`the page is ${root.scrollHeight - innerHeight} px higher than its window`);

  /** What of a box can be seen, and whether something cuts it off for good. */
  const seen = (element, box) => {
    let { left, top, right, bottom } = box;
    let [freeX, freeY, cut] = [false, false, null];
    for (let it = element; it && it !== root; it = it.parentElement) {
      const style = getComputedStyle(it);
      if (style.clipPath !== 'none') return null;
      if (style.overflowX === 'visible' && style.overflowY === 'visible') continue;
      const frame = it.getBoundingClientRect();
      const scrolls = (overflow) => overflow === 'auto' || overflow === 'scroll';
      freeX ||= scrolls(style.overflowX);
      freeY ||= scrolls(style.overflowY);
      const isTold = (style.textOverflow === 'ellipsis' || style.webkitLineClamp !== 'none') && it.closest('[title]');
      const beyondX = left < frame.left - 1.5 || right > frame.right + 1.5;
      const beyondY = top < frame.top - 2.5 || bottom > frame.bottom + 2.5;
      if (!isTold && ((beyondX && !freeX) || (beyondY && !freeY))) cut ??= it;
      [left, top] = [Math.max(left, frame.left), Math.max(top, frame.top)];
      [right, bottom] = [Math.min(right, frame.right), Math.min(bottom, frame.bottom)];
    }
    if (!freeX && (box.left < -1 || box.right > innerWidth + 1)) cut ??= root;
    if (right - left < 1 || bottom - top < 1) return cut ? { cut } : null;
    return { left, top, right, bottom, cut };
  };
  /** Whether the middle of a box shows the element, and nothing that lies over it. */
  const isOnTop = (element, box) => {
    const hit = document.elementFromPoint((box.left + box.right) / 2, (box.top + box.bottom) / 2);
    if (!hit) return false;
    return element.contains(hit) || hit.contains(element) || (element.closest('svg') && hit.closest('svg') === element.closest('svg'));
  };
  /** What lies over the page has its own texts and controls. */
  const layerOf = (element) => {
    let it = element;
    while (it && !/absolute|fixed/.test(getComputedStyle(it).position)) it = it.parentElement;
    return it?.className;
  };
  const isShown = (element) => element.checkVisibility({ opacityProperty: true, visibilityProperty: true });
  const overlap = (a, b) => Math.min(Math.min(a.right, b.right) - Math.max(a.left, b.left), Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top));
  const pairs = (all, by, say) => {
    all.forEach((a, index) => {
      for (const b of all.slice(index + 1)) {
        if (a.layer === b.layer && overlap(a.box, b.box) > by && !a.element.contains(b.element) && !b.element.contains(a.element)) say(a, b);
      }
    });
  };

  const texts = [];
  // What covers the page stands beside it.
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT, {
    acceptNode: (node) => (node.parentElement.closest('.app,.veil') ? NodeFilter.FILTER_ACCEPT : NodeFilter.FILTER_SKIP),
  });
  while (walk.nextNode()) {
    const element = walk.currentNode.parentElement;
    // The names of the stretches under the timeline go out of sight word by word.
    if (!walk.currentNode.data.trim() || element.closest('option,select,title,.phase') || !isShown(element)) continue;
    const range = document.createRange();
    range.selectNodeContents(walk.currentNode);
    // A word may be in several lines; each of them has its place.
    for (const line of range.getClientRects()) {
      if (line.width < 1) continue;
      const box = seen(element, line);
      if (!box) continue;
      if (box.cut) found.push(`cut off by ${name(box.cut).split(' “')[0]}: ${name(element)}`);
      else if (isOnTop(element, box)) texts.push({ element, box, layer: layerOf(element) });
    }
  }
  pairs(texts, 3, (a, b) => found.push(`one text on another: ${name(a.element)}, ${name(b.element)}`));

  // Whoever cannot see that a question has more answers does not look for them.
  for (const answer of document.querySelectorAll('.ask label.opt')) {
    if (!isShown(answer)) continue;
    const whole = answer.getBoundingClientRect();
    const part = seen(answer, whole);
    const hit = document.elementFromPoint(whole.left + whole.width / 2, whole.bottom - 4);
    if (!part || part.bottom - part.top < whole.height - 2 || !answer.contains(hit)) found.push(`an answer is not in view: ${name(answer)}`);
  }

  // A drawing may be as small as its letters can be read.
  const least = Math.max(10.9, 0.68 * parseFloat(getComputedStyle(root).fontSize));
  for (const text of document.querySelectorAll('#map text')) {
    const size = parseFloat(getComputedStyle(text).fontSize) * text.getScreenCTM().a;
    if (isShown(text) && size < least) found.push(`letters of ${size.toFixed(1)} px: ${name(text)}`);
  }

  const controls = [];
  for (const element of document.querySelectorAll(':is(.app,.veil) :is(button,a[href],input,select,textarea,summary,[role=button],[role=treeitem],[role=option])')) {
    // A control that is not to be seen stands for its label.
    const shown = element.matches('.vh,.seg input') ? element.closest('label') : element;
    if (!shown || !isShown(shown)) continue;
    const box = seen(shown, shown.getBoundingClientRect());
    if (!box || !('left' in box) || !isOnTop(shown, box)) continue;
    controls.push({ element: shown, box, layer: layerOf(shown) });
    // Marks in a drawing and cells of data are as close as what they show; links stand in sentences.
    const isDense = shown.closest('svg,.track,.bytes,.tree,.plist,.cuts,p,.chain,.asks,.hands,.parts');
    const label = shown.closest('label')?.getBoundingClientRect() ?? shown.getBoundingClientRect();
    const least = Math.min(label.width, label.height);
    if (!isDense && least < target - 0.5) found.push(`${Math.round(label.width)} × ${Math.round(label.height)} px are too small: ${name(shown)}`);
  }
  // On the map packets travel over links, and links end under devices.
  const isOnMap = ({ element }) => element.closest('.map');
  pairs(controls, 2, (a, b) => {
    if (!(isOnMap(a) && isOnMap(b))) found.push(`one control on another: ${name(a.element)}, ${name(b.element)}`);
  });
  return [...new Set(found)];
}
