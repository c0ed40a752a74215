/** XML as data, rendered with two blanks per level and without a prolog, so that replies can be put together. */

export type XmlElement = {
  readonly name: string;
  readonly attributes?: Readonly<Record<string, string | number | boolean | null | undefined>>;
  /** A text, or elements; empty for `<Name/>`. */
  readonly content?: string | readonly XmlElement[];
};

/** An element with text; null and undefined give an empty element. */
export function textElement(name: string, text: string | null | undefined): XmlElement {
  return { name, content: text ?? '' };
}

export function renderXml(root: XmlElement): string {
  const lines: string[] = [];
  addLines(root, '', lines);
  return lines.join('\n');
}

function addLines({ name, attributes, content }: XmlElement, indent: string, lines: string[]): void {
  const open = `${indent}<${name}${renderAttributes(attributes)}`;
  if (content === undefined || content.length === 0) {
    lines.push(`${open}/>`);
    return;
  }
  if (typeof content === 'string') {
    lines.push(`${open}>${escapeXml(content)}</${name}>`);
    return;
  }
  lines.push(`${open}>`);
  for (const child of content) addLines(child, `${indent}  `, lines);
  lines.push(`${indent}</${name}>`);
}

function renderAttributes(attributes: XmlElement['attributes']): string {
  return Object.entries(attributes ?? {})
    .filter(([, value]) => value !== null && value !== undefined)
    .map(
      ([name, value]) =>
        ` ${name}="${escapeXml(String(value)).replaceAll('\n', '&#10;').replaceAll('\t', '&#9;')}"`,
    )
    .join('');
}

/** Characters that XML 1.0 cannot carry at all become U+FFFD. */
export function escapeXml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll('\r', '&#13;')
    .replace(FORBIDDEN, '\ufffd');
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is replaced
const FORBIDDEN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff\p{Cs}]/gu;
