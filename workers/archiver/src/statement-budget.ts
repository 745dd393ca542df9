/**
 * Most statements of D1 for one fragment and the change that it is part of. A partition has 44,640
 * candles: 5 pages of hot ones, and twice 45 chunks of revisions. 4 read the state, one notes
 * damage, 4 make the change.
 */
export const FRAGMENT_STATEMENTS_MAX = 110;

/**
 * Statements of D1 that an invocation has for its compactions. No fragment is begun where fewer
 * than FRAGMENT_STATEMENTS_MAX are left, so that they are never overdrawn; the other hundred of
 * the 1,000 that D1 allows are for what is asked beside. https://developers.cloudflare.com/d1/platform/limits/
 */
const STATEMENTS_MAX = 900;

/** What the compactions of one invocation may ask of D1. */
export interface StatementBudget {
  left: number;
}

/** The budget of a new invocation. */
export function newBudget(): StatementBudget {
  return { left: STATEMENTS_MAX };
}
