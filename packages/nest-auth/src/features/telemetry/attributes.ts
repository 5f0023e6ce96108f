import type { Decision, Operation, Refusal } from '@acme/nest-auth';

/** Names and values of spans and metrics. None of them comes from a request or a user. */
export type Attributes = Record<string, string>;

/** Our attributes, and those of OpenTelemetry's conventions. */
export const NAMES = {
  decision: 'acme.auth.decision',
  code: 'acme.auth.code',
  transport: 'acme.auth.transport',
  operation: 'acme.auth.operation',
  function: 'code.function.name',
  error: 'error.type',
  user: 'enduser.id',
} as const;

/** Operations by their names in spans. */
const SPANS: Readonly<Record<Exclude<Operation['name'], 'store'>, string>> = {
  login: 'auth.login',
  register: 'auth.register',
  refresh: 'auth.refresh',
  logout: 'auth.logout',
  authenticate: 'auth.authenticate',
  admit: 'auth.admit',
  hash_password: 'auth.password.hash',
  verify_password: 'auth.password.verify',
  wait_for_hash: 'auth.password.wait',
};

export function spanNameOf(operation: Operation): string {
  return operation.name === 'store' ? functionOf(operation) : SPANS[operation.name];
}

export function attributesOf(operation: Operation): Attributes {
  const { name } = operation;
  return name === 'store'
    ? { [NAMES.operation]: name, [NAMES.function]: functionOf(operation) }
    : { [NAMES.operation]: name };
}

/** Whether the app or a store failed, rather than the client's request. */
export function isFailure({ status }: Refusal): boolean {
  return status >= 500;
}

/** A refusal has a code; a failure also has `error.type`. */
export function refusalAttributes(refusal: Refusal | undefined): Attributes {
  if (!refusal) return {};
  const { code } = refusal;
  return isFailure(refusal) ? { [NAMES.code]: code, [NAMES.error]: code } : { [NAMES.code]: code };
}

export function decisionAttributes({ transport, refusal }: Decision): Attributes {
  const decision = refusal ? (isFailure(refusal) ? 'failed' : 'refused') : 'allowed';
  return { [NAMES.decision]: decision, [NAMES.transport]: transport, ...refusalAttributes(refusal) };
}

/** Class and method of the handler, `NotesController.list`. A connecting socket has none. */
export function handlerAttributes({ context }: Decision): Attributes {
  if (!context) return {};
  const [type, method] = [context.getClass(), context.getHandler()] as { readonly name?: string }[];
  return { [NAMES.function]: `${type?.name}.${method?.name}` };
}

function functionOf({ store, method }: Extract<Operation, { readonly name: 'store' }>): string {
  return `${store}.${method}`;
}
