import { context, metrics, trace } from '@opentelemetry/api';
import {
  AggregationTemporality,
  type DataPoint,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import {
  InMemorySpanExporter,
  NodeTracerProvider,
  type ReadableSpan,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-node';

/** The SDK of an app, whose exporters keep everything in memory. */
export function startSdk() {
  const spans = new InMemorySpanExporter();
  const tracers = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] });
  tracers.register();
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  // Longer than any test, so it exports only on request.
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });
  const meters = new MeterProvider({ readers: [reader] });
  metrics.setGlobalMeterProvider(meters);

  async function collected() {
    exporter.reset();
    await meters.forceFlush();
    return exporter.getMetrics().flatMap(({ scopeMetrics }) => scopeMetrics);
  }

  return {
    spans,
    collected,
    tracer: tracers.getTracer('app'),
    /** The points of one metric. */
    async points(name: string): Promise<DataPoint<unknown>[]> {
      const found = (await collected()).flatMap((scope) => scope.metrics);
      return found
        .filter(({ descriptor }) => descriptor.name === name)
        .flatMap(({ dataPoints }) => dataPoints as never[]);
    },
    async stop() {
      for (const api of [trace, metrics, context]) api.disable();
      await Promise.all([tracers.shutdown(), meters.shutdown()]);
    },
  };
}

export type Sdk = ReturnType<typeof startSdk>;

/** The names of spans as a tree, in their order. */
export function treeOf(spans: readonly ReadableSpan[], parent?: ReadableSpan): unknown[] {
  const ids = new Set(spans.map((span) => span.spanContext().spanId));
  const isBelow = ({ parentSpanContext: above }: ReadableSpan) =>
    parent ? above?.spanId === parent.spanContext().spanId : !above || !ids.has(above.spanId);
  return spans
    .filter(isBelow)
    .sort((a, b) => Number(startOf(a) - startOf(b)))
    .map((span) => {
      const below = treeOf(spans, span);
      return below.length > 0 ? [span.name, below] : span.name;
    });
}

const startOf = ({ startTime: [seconds, nanoseconds] }: ReadableSpan) =>
  BigInt(seconds) * 1_000_000_000n + BigInt(nanoseconds);
