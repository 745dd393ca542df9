import { accountSteps, ACCOUNT_STEPS, type AccountTarget } from "./verify-account.ts";
import { skipped, takeSteps, type StepResult } from "./verify-step.ts";
import { createSystemClient } from "./system-client.ts";
import { systemSteps } from "./verify-system.ts";
import { KEY_VARIABLE } from "./secrets.ts";

/** What is to be verified, and who is told. */
export interface Verification {
  /** Undefined where the system runs without an account. */
  readonly account: AccountTarget | undefined;
  /** Where the query Worker answers; undefined where nobody knows. */
  readonly url: string | undefined;
  readonly show: (result: StepResult) => void;
  readonly progress: (line: string) => void;
  /** How long the system may take to answer at all. */
  readonly patienceMs: number;
}

function wait(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** Takes all steps, those of the account first. Returns what each found. */
export async function verify(work: Verification): Promise<StepResult[]> {
  const { account, url, show, progress, patienceMs } = work;
  const ofAccount =
    account === undefined
      ? ACCOUNT_STEPS.map((name) => skipped(name, "this system runs without an account"))
      : await takeSteps(accountSteps(account), show);
  if (account === undefined) {
    ofAccount.forEach(show);
  }
  if (url === undefined) {
    const result: StepResult = {
      name: "address",
      state: "failed",
      detail: "nobody knows where the query Worker answers",
      advice: "say it: --url https://…, or as url in deployment/ENVIRONMENT.json",
    };
    show(result);
    return [...ofAccount, result];
  }
  const client = createSystemClient(url, process.env[KEY_VARIABLE] || undefined);
  return [
    ...ofAccount,
    ...(await takeSteps(systemSteps({ client, progress, wait, patienceMs }), show)),
  ];
}
