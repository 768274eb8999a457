// Text that has to fit into a width. Pure.

/** A text that would be cut to fewer characters than this is not drawn. */
const LEAST = 3;

/** The text, cut to the width if necessary; empty if too little of it would remain. */
export function fitted(pen, text, room) {
  if (pen.measure(text) <= room) return text;
  const characters = [...text];
  // Widths add up, so the longest prefix that fits is found by binary search.
  let [least, most] = [0, characters.length];
  while (least < most) {
    const middle = (least + most + 1) >> 1;
    if (pen.measure(`${characters.slice(0, middle).join("")}…`) <= room) least = middle;
    else most = middle - 1;
  }
  return least < LEAST ? "" : `${characters.slice(0, least).join("").trimEnd()}…`;
}
