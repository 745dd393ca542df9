import { formatBytes, formatNumber } from "../ui/format.ts";
import { Progress } from "../ui/progress.tsx";
import { countText } from "./stations.ts";
import { verifiedRatio, type Verification } from "./verify-archive.ts";

interface VerificationStateProps {
  readonly verification: Verification;
  readonly isVerifying: boolean;
}

/** What verifying found so far, or in all. */
export function VerificationState({ verification, isVerifying }: VerificationStateProps) {
  const { files, bytes, damaged, chains, left } = verification;
  const isWell = damaged.length === 0 && chains.length === 0;
  return (
    <div class="pipeline-outcome">
      {isVerifying ? <Progress label="Verifying" ratio={verifiedRatio(verification)} /> : null}
      <p>
        {isVerifying ? "So far " : ""}
        {countText(files, "file")} of {formatBytes(bytes)} read whole:{" "}
        {isWell ? "all are right" : `${countText(damaged.length, "file")} damaged`}
        {left === 0
          ? "."
          : `, ${formatNumber(left)} ${left === 1 ? "partition" : "partitions"} ${isVerifying ? "to come" : "not read"}.`}
      </p>
      <ul>
        {damaged.map(({ key, damage }) => (
          <li key={key}>
            <code class="pipeline-hash">{key}</code>: {damage}
          </li>
        ))}
        {chains.map(({ series, partition, problem }) => (
          <li key={`${series} ${partition}`}>
            The history of {series} {partition} does not hold together: {problem}
          </li>
        ))}
      </ul>
    </div>
  );
}
