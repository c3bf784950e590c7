import { useState } from 'preact/hooks';
import { counts, health } from './state.ts';
import { StopSwitch } from './stop.tsx';
import { clock, many, None, Problem, seconds, Text } from './words.tsx';

const WIDTH = 300;

/** Connections used over time, as long as the page looks. */
export function Chart({ height }: { height: number }) {
  const all = counts.value;
  const last = all.at(-1);
  const first = all[0];
  if (last === undefined || first === undefined || first === last) return null;
  const span = Math.max(last.at - first.at, 60_000);
  const top = Math.max(last.most ?? 0, ...all.map(({ used }) => used), 1);
  const x = (at: number) => (((at - first.at) / span) * WIDTH).toFixed(1);
  const y = (used: number) => (height - 1 - (used / top) * (height - 2)).toFixed(1);
  const line = all.map(({ at, used }) => `${x(at)},${y(used)}`).join(' ');
  const used = all.map((one) => one.used);
  const now = last.most === null ? `Sessions: ${last.used}` : `Connections used: ${last.used} of ${last.most}`;
  const told = `${now}; between ${Math.min(...used)} and ${Math.max(...used)} in the last ${seconds((last.at - first.at) / 1_000)}`;
  return (
    <svg class="chart" viewBox={`0 0 ${WIDTH} ${height}`} preserveAspectRatio="none" role="img" aria-label={told}>
      {last.most !== null && <line class="limit" x1="0" x2={WIDTH} y1={y(last.most)} y2={y(last.most)} />}
      <polygon class="area" points={`0,${height} ${line} ${x(last.at)},${height}`} />
      <polyline class="used" points={line} />
    </svg>
  );
}

/** How full the server is, in one line. */
export function Fullness() {
  const { value } = health.look.value;
  if (value === undefined) return null;
  const { connections, running, waiting } = value;
  return (
    <div class="fullness">
      <span>
        {connections !== null && (
          <>
            <strong>{connections.used.toLocaleString('en')}</strong> of {connections.most.toLocaleString('en')}{' '}
            connections ·{' '}
          </>
        )}
        {running !== null && `${running} running`}
        {waiting !== null && ` · ${waiting} waiting`}
      </span>
      <Chart height={22} />
    </div>
  );
}

/** A line to run, and a button that copies it. */
function Grant({ of }: { of: string }) {
  const [isCopied, setCopied] = useState(false);
  const copy = () =>
    // Not there on a page without TLS; then one selects it.
    navigator.clipboard?.writeText(of).then(
      () => setCopied(true),
      () => {},
    );
  return (
    <p class="grant">
      <code>
        <Text of={of} most={2_000} />
      </code>
      <button type="button" class="small" onClick={copy}>
        {isCopied ? 'Copied' : 'Copy'}
      </button>
    </p>
  );
}

/** How the target is, and what its account lacks. */
export function HealthPage() {
  const { value, at, failure } = health.look.value;
  return (
    <section class="page" aria-label="Health">
      <h2>Health</h2>
      {failure !== undefined && <Problem failure={failure} />}
      {value?.problem != null && (
        <div class="problem" role="alert">
          <strong>
            <Text of={value.problem.code} />
          </strong>
          {value.problem.detail !== null && (
            <p>
              <Text of={value.problem.detail} most={2_000} />
            </p>
          )}
          <p>
            <Text of={value.problem.hint} most={2_000} />
          </p>
        </div>
      )}
      {value !== undefined && (
        <>
          <dl class={`facts${failure === undefined ? '' : ' stale'}`}>
            <div>
              <dt>Server</dt>
              <dd>
                {value.engine ?? 'not known'} {value.version !== null && <Text of={value.version} />}
              </dd>
            </div>
            <div>
              <dt>Reached</dt>
              <dd>
                {value.reachable ? 'yes' : 'no'}
                {value.latencyMs !== null && `, a round trip takes ${Math.round(value.latencyMs)} ms`}
                {value.connectMs !== null && `, connecting ${Math.round(value.connectMs)} ms`}
                <span class="quiet"> at {clock(at)}</span>
              </dd>
            </div>
            <div>
              <dt>Connections</dt>
              <dd>
                {value.connections === null ? 'not shown' : `${value.connections.used} of ${value.connections.most}`}
                {value.running !== null && `, ${value.running} running`}
                {value.waiting !== null && `, ${value.waiting} waiting for a lock`}
                <Chart height={60} />
              </dd>
            </div>
            <div>
              <dt>Process list</dt>
              <dd>
                {value.source === null ? <None /> : <Text of={value.source.name} />}
                {value.source?.weakness != null && (
                  <p>
                    <Text of={value.source.weakness} most={2_000} />
                  </p>
                )}
                {value.canary === false && <p class="mark">Our own session is missing in it.</p>}
              </dd>
            </div>
            <div>
              <dt>Encryption</dt>
              <dd>
                {value.encryption?.mode ?? 'not known'}
                {value.encryption?.weakness != null && (
                  <p>
                    <Text of={value.encryption.weakness} most={2_000} />
                  </p>
                )}
              </dd>
            </div>
          </dl>
          <h3>What our account lacks</h3>
          {value.missing.length === 0 && <p>Nothing.</p>}
          {value.missing.map(({ name, effect, grant }) => (
            <div key={name}>
              <p>
                <strong>
                  <Text of={name} />
                </strong>{' '}
                <Text of={effect} most={2_000} />
              </p>
              <Grant of={grant} />
            </div>
          ))}
          {value.undecidable.length > 0 && (
            <h3>{many(value.undecidable.length, 'reaper')} asking for what it never shows</h3>
          )}
          {value.undecidable.map(({ reaper, field, why, grants }) => (
            <div key={`${reaper} ${field}`}>
              <p>
                <strong>
                  <Text of={reaper} />
                </strong>{' '}
                {field}: <Text of={why} most={2_000} />
              </p>
              {grants.map((grant) => (
                <Grant key={grant} of={grant} />
              ))}
            </div>
          ))}
        </>
      )}
      <StopSwitch />
    </section>
  );
}
