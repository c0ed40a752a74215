/** The mark: the freshness rail in small. */

export function Wordmark() {
  return (
    <span className="wordmark">
      <svg viewBox="0 0 44 12" width="44" height="12" aria-hidden="true">
        <path d="M1 6h42" stroke="currentColor" strokeWidth="1.2" />
        <circle cx="5" cy="6" r="3.6" fill="currentColor" />
        <path d="M16 1.6 20.4 6 16 10.4 11.6 6Z" className="wordmark-hollow" />
        <rect x="23.5" y="2.4" width="7.2" height="7.2" className="wordmark-hollow" />
        <circle cx="39" cy="6" r="3.6" className="wordmark-lamp" />
      </svg>
      <span>Muster</span>
    </span>
  );
}
