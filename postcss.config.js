/** Tailwind is the one PostCSS plugin: it also resolves imports and prefixes. */

export default { plugins: { '@tailwindcss/postcss': {} } };
