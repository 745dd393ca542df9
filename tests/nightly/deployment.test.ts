import { runWrangler } from "../../scripts/deployment/wrangler.ts";
import { describeDeployment } from "../deployment-scenario.ts";

describeDeployment("an installation of three databases, made by wrangler", () => runWrangler);
