/** A sample line of the text that Prometheus reads. */
export interface ReadSample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** What a text tells, metric by metric. */
export interface ReadExposition {
  readonly types: ReadonlyMap<string, string>;
  readonly samples: readonly ReadSample[];
}

const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const SAMPLE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$/;
const LABEL = /([a-zA-Z_]\w*)="((?:[^"\\\n]|\\["\\n])*)"(,|$)/y;
const ESCAPES: Readonly<Record<string, string>> = { "\\n": "\n", '\\"': '"', "\\\\": "\\" };

/**
 * Reads the text exposition format 0.0.4, and OpenMetrics 1.0.0 as far as gauges and counters go,
 * by their specifications, and throws at whatever they do not allow: a sample without a type, two of
 * the same labels, metrics that are mixed.
 * https://prometheus.io/docs/instrumenting/exposition_formats/
 */
export function readExposition(text: string, isOpenMetrics: boolean): ReadExposition {
  const lines = text.split("\n");
  assert(lines.pop() === "", "the last line has no end");
  if (isOpenMetrics) {
    assert(lines.pop() === "# EOF", "the text does not end with # EOF");
  }
  const types = new Map<string, string>();
  const helped = new Set<string>();
  const samples: ReadSample[] = [];
  const seen = new Set<string>();
  let open = "";
  for (const line of lines) {
    const [, what, name = "", rest = ""] = /^# (HELP|TYPE) (\S+) (.+)$/.exec(line) ?? [];
    if (line === "" && !isOpenMetrics) {
      continue;
    }
    if (what !== undefined) {
      assert(NAME.test(name), `${name} is no name`);
      const told: { has(one: string): boolean } = what === "HELP" ? helped : types;
      assert(!told.has(name), `${name} has two lines of ${what}`);
      if (what === "HELP") {
        helped.add(name);
      } else {
        types.set(name, rest);
      }
      open = name;
    } else {
      const sample = sampleOf(line);
      const suffix = isOpenMetrics && types.get(open) === "counter" ? "_total" : "";
      assert(sample.name === `${open}${suffix}`, `${line} is not of ${open}`);
      assert(types.has(open) && helped.has(open), `${open} has no type or no help`);
      const key = JSON.stringify([sample.name, Object.entries(sample.labels)]);
      assert(!seen.has(key), `${line} comes twice`);
      seen.add(key);
      samples.push(sample);
    }
  }
  return { types, samples };
}

function sampleOf(line: string): ReadSample {
  const [, name, inside = "", number = ""] = SAMPLE.exec(line) ?? [];
  assert(name !== undefined, `${line} is no sample`);
  const labels: Record<string, string> = {};
  LABEL.lastIndex = 0;
  while (LABEL.lastIndex < inside.length) {
    const [, label = "", value = ""] = LABEL.exec(inside) ?? [];
    assert(label !== "" && !(label in labels), `${line} has labels that cannot be read`);
    labels[label] = value.replaceAll(/\\["\\n]/g, (escape) => ESCAPES[escape] ?? escape);
  }
  assert(/^(-?\d+(\.\d+)?(e[+-]?\d+)?|[+-]Inf|NaN)$/i.test(number), `${number} is no number`);
  return { name: name ?? "", labels, value: Number(number) };
}

function assert(holds: boolean, problem: string): void {
  if (!holds) {
    throw new Error(problem);
  }
}
