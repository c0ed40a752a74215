'use client';

/** As of when, on which build: the small print that makes a screenshot useful. And the link that makes one needless. */

import { useLive } from '../live/use-live.ts';
import { MARKS } from '../test-marks.ts';
import { copyText } from '../ui/data-table/copy-text.ts';
import { inertName } from '../ui/inert-text.ts';
import { toast } from '../ui/toasts.ts';
import { flushUrlState } from '../ui/url-state.ts';
import { BROWSER_ZONE } from '../ui/zone.ts';
import { useFrameLayers } from './frame-keys.tsx';
import { usePreferred, ZONE_PARAMETER } from './preferences-provider.tsx';
import { useSession } from './session-gate.tsx';

async function copyLink(zone: string): Promise<void> {
  flushUrlState();
  const address = new URL(window.location.href);
  // A zone that was chosen is part of what the page shows.
  if (zone === BROWSER_ZONE) address.searchParams.delete(ZONE_PARAMETER);
  else address.searchParams.set(ZONE_PARAMETER, zone);
  const copied = await copyText(address.href);
  toast({ tone: 'status', text: copied ? 'Link copied.' : 'This browser does not let the page copy.' });
}

export function FrameFooter() {
  const session = useSession();
  const seq = useLive(({ live }) => live.seq);
  const loaded = useLive(({ live }) => live.loaded);
  const gaps = useLive(({ live }) => live.counters.gaps);
  const epochs = useLive(({ live }) => live.counters.epochs);
  const view = useLive(({ live }) => live.model.bus['bus']?.viewNumber);
  const build = useLive(({ live }) => live.model.cluster['cluster']?.build);
  const { zone } = usePreferred();
  const { open } = useFrameLayers();
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
      <button
        type="button"
        className="link-button footline-end"
        data-test={MARKS.frame.copyLink}
        onClick={() => void copyLink(zone)}
      >
        Copy link
      </button>
      <button
        type="button"
        className="link-button"
        aria-haspopup="dialog"
        data-test={MARKS.frame.help}
        onClick={() => open('keys')}
      >
        Keys and help <kbd>?</kbd>
      </button>
      <span>
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
