import { METRICS, type MetricSample } from "@candlehouse/shared/core/metric";
import {
  Counter,
  Gauge,
  Registry,
  type OpenMetricsContentType,
  type PrometheusContentType,
} from "prom-client";

/** The two texts that Prometheus reads. */
export const PROMETHEUS_TYPE: PrometheusContentType = Registry.PROMETHEUS_CONTENT_TYPE;
export const OPENMETRICS_TYPE: OpenMetricsContentType = Registry.OPENMETRICS_CONTENT_TYPE;
export type ExpositionType = PrometheusContentType | OpenMetricsContentType;

/** `samples` as text of `type`, metric by metric, in their order. */
export async function expose(
  samples: readonly MetricSample[],
  type: ExpositionType,
): Promise<string> {
  // Values are read anew for each answer, so nothing is left of the one before.
  const registry = new Registry<ExpositionType>();
  registry.setContentType(type);
  for (const [name, all] of Map.groupBy(samples, (sample) => sample.name)) {
    const { type: kind, help, labels } = METRICS[name];
    const options = { name, help, labelNames: [...labels], registers: [registry] };
    if (kind === "counter") {
      const metric = new Counter(options);
      all.forEach((sample) => metric.inc({ ...sample.labels }, sample.value));
    } else {
      const metric = new Gauge(options);
      all.forEach((sample) => metric.set({ ...sample.labels }, sample.value));
    }
  }
  return registry.metrics();
}
