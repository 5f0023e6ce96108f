import type { Operation, OperationWatch, Refusal } from '@acme/nest-auth';
import type { Span, Tracer } from '@opentelemetry/api';
import { attributesOf, isFailure, refusalAttributes, spanNameOf } from './attributes.js';
import { INSTRUMENTATION, VERSION } from './instrumentation.js';
import type { OpenTelemetry } from './open-telemetry.js';

/** What a trace may begin with. Everything else is part of something: the poll for revocations would be a trace a second. */
const ROOTS: readonly Operation['name'][] = ['login', 'register', 'refresh', 'logout', 'authenticate', 'admit'];

/** A span for each operation, below the one that it is part of. */
export class Spans {
  readonly #tracer: Tracer;

  constructor(private readonly api: OpenTelemetry) {
    // It finds the SDK also if that is set up later.
    this.#tracer = api.trace.getTracer(INSTRUMENTATION, VERSION);
  }

  /** @returns what runs the operation within its span; nothing if there is no trace to be part of */
  start(operation: Operation): (Required<OperationWatch> & { readonly span: Span }) | undefined {
    const { context, trace } = this.api;
    if (!ROOTS.includes(operation.name) && trace.getActiveSpan() === undefined) return undefined;
    const span = this.#tracer.startSpan(spanNameOf(operation), { attributes: attributesOf(operation) });
    return {
      span,
      within: (run) => context.with(trace.setSpan(context.active(), span), run),
      ended: ({ refusal }) => {
        if (refusal) this.#refuse(span, refusal);
        span.end();
      },
    };
  }

  /** Adds to the span that is active, such as that of the request. */
  note(attributes: Readonly<Record<string, string>>): void {
    this.api.trace.getActiveSpan()?.setAttributes(attributes);
  }

  /** Without a message or an exception: their texts are for clients and for the log. */
  #refuse(span: Span, refusal: Refusal): void {
    span.setAttributes(refusalAttributes(refusal));
    if (isFailure(refusal)) span.setStatus({ code: this.api.SpanStatusCode.ERROR });
  }
}
