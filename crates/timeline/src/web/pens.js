// Two pens with one interface: a canvas and an SVG document. Colours come from a palette: role -> colour.

const FONT = '12px ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", "Noto Sans Mono CJK SC", "Noto Sans CJK SC", "Microsoft YaHei", monospace';
/** The width (px) of a 12 px character when it cannot be measured. CJK characters count twice. */
const CHARACTER = 7.25;

/** An estimate of a text's width, good enough to decide whether it fits. */
export function estimate(text) {
  let width = 0;
  for (const char of text) width += char.codePointAt(0) > 0x2e80 ? 2 * CHARACTER - 2 : CHARACTER;
  return width;
}

export class CanvasPen {
  constructor(context, palette) {
    this.context = context;
    this.palette = palette;
    this.hatches = new Map();
    context.font = FONT;
    context.textBaseline = "middle";
  }

  fill(x, y, w, h, role) {
    this.context.fillStyle = this.palette[role];
    this.context.fillRect(x, y, w, h);
  }

  frame(x, y, w, h, role) {
    this.context.strokeStyle = this.palette[role];
    this.context.lineWidth = role === "focus" ? 2 : 1;
    this.context.strokeRect(x + 0.5, y + 0.5, Math.max(w - 1, 0), h - 1);
  }

  hatch(x, y, w, h, role) {
    let pattern = this.hatches.get(role);
    if (!pattern) {
      const tile = new OffscreenCanvas(8, 8);
      const context = tile.getContext("2d");
      context.strokeStyle = this.palette[role];
      context.lineWidth = 1.6;
      context.beginPath();
      for (const at of [-8, 0, 8]) {
        context.moveTo(at - 1, 9);
        context.lineTo(at + 9, -1);
      }
      context.stroke();
      pattern = this.context.createPattern(tile, "repeat");
      this.hatches.set(role, pattern);
    }
    this.context.fillStyle = pattern;
    this.context.fillRect(x, y, w, h);
    this.frame(x, y, w, h, role);
  }

  line(x1, y1, x2, y2, role, dashed) {
    const { context } = this;
    context.strokeStyle = this.palette[role];
    context.lineWidth = 1;
    context.setLineDash(dashed ? [4, 4] : []);
    context.beginPath();
    context.moveTo(x1, y1);
    context.lineTo(x2, y2);
    context.stroke();
    context.setLineDash([]);
  }

  shape(points, role, hollow) {
    const { context } = this;
    context.beginPath();
    // The first lineTo of an empty path only sets the start.
    for (const [x, y] of points) context.lineTo(x, y);
    context.closePath();
    context.fillStyle = this.palette[hollow ? "bg" : role];
    context.fill();
    if (hollow) {
      context.strokeStyle = this.palette[role];
      context.lineWidth = 1.5;
      context.stroke();
    }
  }

  text(x, y, text, role, align) {
    const { context } = this;
    context.fillStyle = this.palette[role];
    context.textAlign = align === "middle" ? "center" : align;
    context.fillText(text, x, y + 0.5);
  }

  measure(text) {
    return estimate(text);
  }
}

/** Escapes markup, and replaces characters that XML cannot represent. */
export function escapeXml(text) {
  return String(text)
    .replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, "\ufffd")
    .replace(/[&<>"']/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&apos;" })[c]);
}

export class SvgPen {
  constructor(palette) {
    this.palette = palette;
    this.parts = [];
    this.patterns = new Set();
  }

  fill(x, y, w, h, role) {
    this.parts.push(`<rect x="${n(x)}" y="${n(y)}" width="${n(w)}" height="${n(h)}" fill="${this.#colour(role)}"/>`);
  }

  frame(x, y, w, h, role) {
    this.parts.push(
      `<rect x="${n(x + 0.5)}" y="${n(y + 0.5)}" width="${n(Math.max(w - 1, 0))}" height="${n(h - 1)}" fill="none" stroke="${this.#colour(role)}"/>`,
    );
  }

  hatch(x, y, w, h, role) {
    this.patterns.add(role);
    this.parts.push(`<rect x="${n(x)}" y="${n(y)}" width="${n(w)}" height="${n(h)}" fill="url(#hatch-${role})" stroke="${this.#colour(role)}"/>`);
  }

  line(x1, y1, x2, y2, role, dashed) {
    const dash = dashed ? ' stroke-dasharray="4 4"' : "";
    this.parts.push(`<line x1="${n(x1)}" y1="${n(y1)}" x2="${n(x2)}" y2="${n(y2)}" stroke="${this.#colour(role)}"${dash}/>`);
  }

  shape(points, role, hollow) {
    const paint = hollow ? `fill="${this.#colour("bg")}" stroke="${this.#colour(role)}" stroke-width="1.5"` : `fill="${this.#colour(role)}"`;
    this.parts.push(`<polygon points="${points.map(([x, y]) => `${n(x)},${n(y)}`).join(" ")}" ${paint}/>`);
  }

  text(x, y, text, role, align) {
    this.parts.push(`<text x="${n(x)}" y="${n(y + 4)}" text-anchor="${align}" fill="${this.#colour(role)}">${escapeXml(text)}</text>`);
  }

  measure(text) {
    return estimate(text);
  }

  #colour(role) {
    return escapeXml(this.palette[role] ?? "#888");
  }

  /** The finished document. */
  document(width, height, title) {
    const hatches = [...this.patterns].map(
      (role) =>
        `<pattern id="hatch-${role}" width="8" height="8" patternUnits="userSpaceOnUse"><path d="M-1 9L9 -1M-1 1L1 -1M7 9L9 7" stroke="${this.#colour(role)}" stroke-width="1.6" fill="none"/></pattern>`,
    );
    return [
      '<?xml version="1.0" encoding="UTF-8"?>',
      `<svg xmlns="http://www.w3.org/2000/svg" width="${n(width)}" height="${n(height)}" viewBox="0 0 ${n(width)} ${n(height)}" font-family="${escapeXml(FONT.slice(5))}" font-size="12" xml:space="preserve">`,
      `<title>${escapeXml(title)}</title>`,
      `<defs>${hatches.join("")}</defs>`,
      ...this.parts,
      "</svg>",
      "",
    ].join("\n");
  }
}

/** A number for an attribute, rounded to a hundredth of a pixel. */
function n(value) {
  return Number.isFinite(value) ? String(Math.round(value * 100) / 100) : "0";
}
