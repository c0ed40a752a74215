/** The environment, unmistakable: name, colour and pattern over the whole width of every page. */

import type { CSSProperties } from 'react';
import type { Environment } from '../api/session-reply.ts';
import { MARKS } from '../test-marks.ts';
import { inertName } from '../ui/inert-text.ts';
import { environmentColour, inkOn } from './environment.ts';

export type EnvBandProps = {
  readonly environment: Environment | null;
  readonly clusterName: string;
  readonly mark: string;
};

export function EnvBand({ environment, clusterName, mark }: EnvBandProps) {
  if (environment === null) return <div className="env-band" data-pattern="none" />;
  const colour = environmentColour(environment.colour);
  const style = { '--env': colour, '--env-ink': inkOn(colour) } as CSSProperties;
  return (
    <div className="env-band" data-pattern={environment.pattern} data-test={mark} style={style}>
      <span className="env-plate">
        <span className="env-name">{inertName(environment.name) || 'unnamed environment'}</span>
        <span className="env-cluster isolate-text" data-test={MARKS.frame.clusterName}>
          {inertName(clusterName)}
        </span>
      </span>
    </div>
  );
}
