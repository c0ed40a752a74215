'use client';

/** A tile that cannot be drawn says so in its own place; the others stay. It is drawn anew when its data changes. */

import { Component, type ReactNode } from 'react';
import { MARKS } from '../test-marks.ts';
import { Status } from '../ui/status-glyph.tsx';
import { QUESTIONS, type TileName } from './tile.tsx';

type TileBoundaryProps = {
  readonly name: TileName;
  /** Another value tries again. */
  readonly of: unknown;
  readonly children: ReactNode;
};
type TileBoundaryState = { readonly failed: boolean; readonly of: unknown };

export class TileBoundary extends Component<TileBoundaryProps, TileBoundaryState> {
  override state: TileBoundaryState = { failed: false, of: this.props.of };

  static getDerivedStateFromError(): Partial<TileBoundaryState> {
    return { failed: true };
  }

  static getDerivedStateFromProps(
    props: TileBoundaryProps,
    state: TileBoundaryState,
  ): TileBoundaryState | null {
    return props.of === state.of ? null : { failed: false, of: props.of };
  }

  override render(): ReactNode {
    const { name, children } = this.props;
    if (!this.state.failed) return children;
    return (
      <section
        className="tile"
        aria-labelledby={`tile-${name}`}
        data-test={MARKS.overview.tile}
        data-tile={name}
        data-state="failed"
      >
        <h2 className="label" id={`tile-${name}`}>
          {QUESTIONS[name]}
        </h2>
        <p className="tile-word">
          <Status shape="unknown">This answer cannot be shown</Status>
        </p>
        <p className="tile-note">
          Its data is not what this page understands. The other answers are not touched.
        </p>
      </section>
    );
  }
}
