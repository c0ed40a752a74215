'use client';

/** Parses an XML reply in the browser. What is not well formed, too large, or declares entities stays raw text. */

import { XML_DEPTH_MAX, XML_NODES_MAX, type XmlNode } from './xml-shape.ts';

export type XmlReading =
  | { readonly ok: true; readonly root: XmlNode }
  | { readonly ok: false; readonly reason: string };

export function readXml(text: string): XmlReading {
  // No entity of the text is ever expanded: a few lines of them can grow to gigabytes.
  if (/<!(DOCTYPE|ENTITY)/i.test(text)) return { ok: false, reason: 'it declares a document type' };
  const parsed = new DOMParser().parseFromString(text.trim(), 'application/xml');
  const root = parsed.documentElement as Element | null;
  if (root === null || parsed.getElementsByTagName('parsererror').length > 0) {
    return { ok: false, reason: 'it is not well-formed XML' };
  }
  const counter = { left: XML_NODES_MAX };
  const node = readElement(root, XML_DEPTH_MAX, counter);
  return node === undefined
    ? { ok: false, reason: `it has more than ${XML_NODES_MAX} elements, or is nested too deep` }
    : { ok: true, root: node };
}

function readElement(element: Element, depthLeft: number, counter: { left: number }): XmlNode | undefined {
  counter.left -= 1;
  if (depthLeft === 0 || counter.left < 0) return undefined;
  const children: XmlNode[] = [];
  let text = '';
  for (const child of element.childNodes) {
    if (child.nodeType === Node.TEXT_NODE || child.nodeType === Node.CDATA_SECTION_NODE) {
      text += child.textContent ?? '';
    } else if (child.nodeType === Node.ELEMENT_NODE) {
      const read = readElement(child as Element, depthLeft - 1, counter);
      if (read === undefined) return undefined;
      children.push(read);
    }
  }
  const attributes = [...element.attributes].map(({ name, value }) => [name, value] as const);
  // Blanks between elements are layout; those of a text alone are its own.
  const kept = children.length > 0 || text.trim() === '' ? text.trim() : text;
  return { name: element.tagName, attributes, text: kept, children };
}
