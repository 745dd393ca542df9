import { now } from "../shell/clock.ts";
import { formatBytes, formatDuration, formatNumber } from "../ui/format.ts";
import { Panel } from "../ui/panel.tsx";
import { Empty } from "../ui/states.tsx";
import { Tag } from "../ui/tag.tsx";
import { Answered } from "./answered.tsx";
import type { QueueFigures } from "./answers.ts";
import { useStats } from "./reads.ts";
import { queueState, waitOf } from "./stations.ts";

/** What each queue is for. */
const PURPOSES: Readonly<Record<string, string>> = {
  candles: "Candles on their way to D1",
  "candles-dlq": "Candles that failed, on their way to the dead letters",
  compaction: "Partitions of the archive to be merged",
  "compaction-dlq": "Merges that failed, on their way to the dead letters",
};

/** What waits in each queue, and for how long. */
export function QueuesPanel() {
  const query = useStats();
  return (
    <Panel title="Queues">
      <Answered what="the queues" query={query}>
        {({ queues }) =>
          queues.length === 0 ? (
            <Empty title="The backlog is not known.">
              <p>The monitor counts it; its log says why it does not.</p>
            </Empty>
          ) : (
            <ul class="pipeline-queues">
              {queues.map((queue) => (
                <QueueItem key={queue.queue} queue={queue} />
              ))}
            </ul>
          )
        }
      </Answered>
    </Panel>
  );
}

function QueueItem({ queue }: { readonly queue: QueueFigures }) {
  const { tone, word } = queueState(queue, now.value);
  const wait = waitOf(queue, now.value);
  const purpose = PURPOSES[queue.queue];
  return (
    <li class="pipeline-queue">
      <div class="pipeline-queue-name">
        <h3>{queue.queue}</h3>
        {purpose === undefined ? null : <p class="pipeline-host-note">{purpose}</p>}
      </div>
      <Tag tone={tone}>{word}</Tag>
      <p class="pipeline-queue-figures">
        <strong>{formatNumber(queue.backlog_messages)}</strong>{" "}
        {queue.backlog_messages === 1 ? "message" : "messages"}
        <span class="pipeline-host-note">
          {wait === null
            ? "nothing waits"
            : `${formatBytes(queue.backlog_bytes)}, oldest waits ${formatDuration(wait)}`}
        </span>
      </p>
    </li>
  );
}
