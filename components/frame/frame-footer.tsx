'use client';

/** As of when, on which build: the small print that makes a screenshot useful. */

import { useLive } from '../live/use-live.ts';
import { MARKS } from '../test-marks.ts';
import { inertName } from '../ui/inert-text.ts';
import { useSession } from './session-gate.tsx';

export function FrameFooter() {
  const session = useSession();
  const seq = useLive(({ live }) => live.seq);
  const loaded = useLive(({ live }) => live.loaded);
  const gaps = useLive(({ live }) => live.counters.gaps);
  const epochs = useLive(({ live }) => live.counters.epochs);
  const view = useLive(({ live }) => live.model.bus['bus']?.viewNumber);
  const build = useLive(({ live }) => live.model.cluster['cluster']?.build);
  const differs = build !== undefined && session.build !== '' && build !== session.build;
  return (
    <footer className="footline" data-test={MARKS.frame.footer}>
      <span>
        as of seq <b data-test={MARKS.frame.footerSeq}>{loaded ? seq : '—'}</b>
      </span>
      <span>
        view <b>{view ?? '—'}</b>
      </span>
      <span>
        gaps repaired <b data-test={MARKS.frame.footerGaps}>{gaps}</b>
      </span>
      <span>
        gateway restarts seen <b data-test={MARKS.frame.footerEpochs}>{epochs}</b>
      </span>
      <span className="footline-end">
        {differs ? (
          <button
            type="button"
            className="link-button"
            data-test={MARKS.frame.buildMismatch}
            onClick={() => window.location.reload()}
          >
            the gateway runs another build: reload
          </button>
        ) : (
          `build ${inertName(session.build) || '—'}`
        )}
      </span>
    </footer>
  );
}
