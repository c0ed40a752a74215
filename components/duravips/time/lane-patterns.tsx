/** The looks of owners, once for all lanes of a page: patterns, so that shades are not needed to tell them apart. */

export function LanePatterns() {
  return (
    <svg className="lane-patterns" width="0" height="0" aria-hidden="true">
      <defs>
        <pattern id="lane-look-1" width="6" height="6" patternUnits="userSpaceOnUse">
          <rect className="lane-ground" width="6" height="6" />
          <path className="lane-line" d="M0 6 6 0" />
        </pattern>
        <pattern id="lane-look-2" width="4" height="4" patternUnits="userSpaceOnUse">
          <rect className="lane-ground" width="4" height="4" />
          <path className="lane-line" d="M2 0v4" />
        </pattern>
        <pattern id="lane-look-3" width="6" height="6" patternUnits="userSpaceOnUse">
          <rect className="lane-ground" width="6" height="6" />
          <circle className="lane-dot" cx="3" cy="3" r="1.4" />
        </pattern>
        <pattern id="lane-look-4" width="6" height="6" patternUnits="userSpaceOnUse">
          <rect className="lane-ground" width="6" height="6" />
          <path className="lane-line" d="M0 0 6 6M6 0 0 6" />
        </pattern>
        <pattern id="lane-look-5" width="4" height="4" patternUnits="userSpaceOnUse">
          <rect className="lane-ground" width="4" height="4" />
          <path className="lane-line" d="M0 2h4" />
        </pattern>
      </defs>
    </svg>
  );
}
