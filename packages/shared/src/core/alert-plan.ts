import {
  alertId,
  isAlertKind,
  type AlertKind,
  type FiringAlert,
  type FoundAlert,
} from "./alert.ts";

/** What a check looked for, and what it found. */
export interface Findings {
  /** The kinds that were looked for: what was not looked for is not over. */
  readonly kinds: ReadonlySet<AlertKind>;
  /** What is wrong, each thing once or more often: the first counts. */
  readonly alerts: readonly FoundAlert[];
}

/** What a check changes in the records. Nothing stands in two of the lists. */
export interface AlertPlan {
  /** To fire, which did not. */
  readonly raise: readonly FoundAlert[];
  /** Still wrong, and worth a billed row to say so. */
  readonly touch: readonly FoundAlert[];
  /** Not found for the first time: they go on firing until it is certain. */
  readonly doubt: readonly FiringAlert[];
  readonly resolve: readonly FiringAlert[];
}

/** What is still wrong is written again so often: each row written is billed. */
const TOUCH_SECONDS = 3_600;

/**
 * What was not found so long ago, and is not found now, is over: two checks five minutes apart, less
 * a minute by which a cron may be early. What comes and goes therefore goes on firing.
 */
const RESOLVE_SECONDS = 240;

/**
 * What changes where a check at `nowSeconds`, unix seconds, found `found` and `firing` fires. What
 * fires is touched where its severity changed, where it had not been found, and once an hour. The
 * same again changes nothing. Pure.
 */
export function planAlerts(
  found: Findings,
  firing: readonly FiringAlert[],
  nowSeconds: number,
): AlertPlan {
  const isFiring = new Map(firing.map((alert) => [alert.id, alert]));
  const isFound = new Map<string, FoundAlert>();
  for (const alert of found.alerts) {
    const id = alertId(alert);
    if (!isFound.has(id)) {
      isFound.set(id, alert);
    }
  }
  const absent = firing.filter(
    ({ id, kind }) => !isFound.has(id) && (!isAlertKind(kind) || found.kinds.has(kind)),
  );
  const isOver = ({ absentSince }: FiringAlert): boolean =>
    absentSince !== null && nowSeconds - absentSince >= RESOLVE_SECONDS;
  const raise: FoundAlert[] = [];
  const touch: FoundAlert[] = [];
  for (const [id, alert] of isFound) {
    const known = isFiring.get(id);
    if (known === undefined) {
      raise.push(alert);
    } else if (isWorthTelling(alert, known, nowSeconds)) {
      touch.push(alert);
    }
  }
  return {
    raise,
    touch,
    doubt: absent.filter(({ absentSince }) => absentSince === null),
    resolve: absent.filter(isOver),
  };
}

function isWorthTelling(alert: FoundAlert, known: FiringAlert, nowSeconds: number): boolean {
  return (
    alert.severity !== known.severity ||
    known.absentSince !== null ||
    nowSeconds - known.seenAt >= TOUCH_SECONDS
  );
}
