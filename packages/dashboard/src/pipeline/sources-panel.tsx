import type { Source } from "@candlehouse/client";
import { Panel } from "../ui/panel.tsx";
import { formatNumber } from "../ui/format.ts";
import { now } from "../shell/clock.ts";
import { Empty } from "../ui/states.tsx";
import { Tag, type Tone } from "../ui/tag.tsx";
import { Answered } from "./answered.tsx";
import type { Host } from "./answers.ts";
import { describeHost, describeUse, lastErrorAt } from "./host-words.ts";
import { Meter } from "./meter.tsx";
import { Moment } from "./moment.tsx";
import { useSources } from "./reads.ts";

interface SourceState {
  readonly tone: Tone;
  readonly word: string;
  /** Those that need somebody come first. */
  readonly rank: number;
}

const STATES: Readonly<Record<NonNullable<Source["state"]>, SourceState>> = {
  failing: { tone: "bad", word: "Failing", rank: 0 },
  off: { tone: "warning", word: "Off", rank: 1 },
  ok: { tone: "good", word: "Answers", rank: 2 },
};
const NOT_ASKED: SourceState = { tone: "plain", word: "Not asked yet", rank: 3 };

const stateOf = ({ state }: Source): SourceState => (state === null ? NOT_ASKED : STATES[state]);

/** How each source does, those that fail first. */
export function SourcesPanel() {
  const query = useSources();
  return (
    <Panel title="Sources">
      <Answered what="the sources" query={query}>
        {({ sources }) =>
          sources.length === 0 ? (
            <Empty title="No source was asked yet.">
              <p>Add a series: its source stands here a minute later.</p>
            </Empty>
          ) : (
            <ul class="pipeline-sources">
              {sources
                .toSorted((one, other) => stateOf(one).rank - stateOf(other).rank)
                .map((source) => (
                  <SourceCard key={source.source} source={source} />
                ))}
            </ul>
          )
        }
      </Answered>
    </Panel>
  );
}

function SourceCard({ source }: { readonly source: Source }) {
  const { tone, word } = stateOf(source);
  return (
    <li class={`pipeline-source pipeline-tone-${tone}`}>
      <div class="pipeline-source-head">
        <h3>{source.source}</h3>
        <Tag tone={tone}>{word}</Tag>
      </div>
      {source.state === "failing" || source.state === "off" ? (
        <p class="pipeline-source-reason">
          Since <Moment at={source.since} never="an unknown time" />:{" "}
          {source.reason ?? "no reason is known"}
          {source.reason_code === null ? null : <Code code={source.reason_code} />}
        </p>
      ) : null}
      <SourceFacts source={source} />
      {source.last_error === null ? null : <FailedFetch error={source.last_error} />}
      {source.hosts === null ? (
        <p class="pipeline-host-note">How its hosts are treated cannot be told now.</p>
      ) : (
        source.hosts.map((host) => <HostState key={host.host} host={host} />)
      )}
    </li>
  );
}

function SourceFacts({ source }: { readonly source: Source }) {
  const { series, late } = source;
  return (
    <dl class="pipeline-facts">
      <dt>Last success</dt>
      <dd>
        <Moment at={source.last_success_at} />
      </dd>
      <dt>Last error</dt>
      <dd>
        <Moment at={lastErrorAt(source)} />
      </dd>
      <dt>Series</dt>
      <dd>
        {formatNumber(series)}
        {late === null ? "" : late === 0 ? ", none late" : `, ${formatNumber(late)} late`}
      </dd>
    </dl>
  );
}

function FailedFetch({ error }: { readonly error: NonNullable<Source["last_error"]> }) {
  const { series, at, code, message } = error;
  return (
    <p class="pipeline-host-note pipeline-source-reason">
      Last failed fetch: {series}, <Moment at={at} />: {message ?? "no reason is known"}
      {code === null ? null : <Code code={code} />}
    </p>
  );
}

function Code({ code }: { readonly code: string }) {
  return (
    <>
      {" "}
      <code>{code}</code>
    </>
  );
}

function HostState({ host }: { readonly host: Host }) {
  const { tone, word, sentence } = describeHost(host, now.value);
  const use = describeUse(host);
  return (
    <div class="pipeline-host">
      <div class="pipeline-host-line">
        <span class="pipeline-host-name">{host.host}</span>
        {host.state === "open" ? null : <Tag tone={tone}>{word}</Tag>}
      </div>
      {host.state === "open" ? null : <p class="pipeline-host-note">{sentence}</p>}
      <Meter
        label={`Limit of ${host.host} used`}
        ratio={host.used_ratio}
        text={use.text}
        tone={use.tone}
      />
      <div class="pipeline-host-line pipeline-host-note">
        <span>{use.text} of the limit used</span>
        <span>{use.limit}</span>
      </div>
    </div>
  );
}
