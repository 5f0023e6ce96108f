import type { Operation, OperationWatch, Refusal } from '@acme/nest-auth';
import type { Span, Tracer } from '@opentelemetry/api';
import { attributesOf, isFailure, refusalAttributes, spanNameOf } from './attributes.js';
import { INSTRUMENTATION, VERSION } from './instrumentation.js';
import type { OpenTelemetry } from './open-telemetry.js';

/** Operations that may begin a trace. Otherwise the poll for revocations would begin one each second. */
const ROOTS: readonly Operation['name'][] = ['login', 'register', 'refresh', 'logout', 'authenticate', 'admit'];

/** Makes a span for each operation, below the span that it is part of. */
export class Spans {
  readonly #tracer: Tracer;

  constructor(private readonly api: OpenTelemetry) {
    // This tracer also finds an SDK that is set up later.
    this.#tracer = api.trace.getTracer(INSTRUMENTATION, VERSION);
  }

  /** @returns a watch that runs the operation within its span; `undefined` outside of a trace */
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

  /** Adds attributes to the active span, such as the request's. */
  note(attributes: Readonly<Record<string, string>>): void {
    this.api.trace.getActiveSpan()?.setAttributes(attributes);
  }

  /** Without a message or an exception: their texts are for clients and for the log. */
  #refuse(span: Span, refusal: Refusal): void {
    span.setAttributes(refusalAttributes(refusal));
    if (isFailure(refusal)) span.setStatus({ code: this.api.SpanStatusCode.ERROR });
  }
}
