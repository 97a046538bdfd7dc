// What can go wrong with a request, as classes that hold the data.
import type { ErrorCode } from "./protocol.ts";
import type { Fields } from "./codec.ts";

/** The server refused a request. `code` is the stable word, `message` is for people. */
export class RequestError extends Error {
  readonly code: ErrorCode | (string & {});
  readonly temporary: boolean;
  readonly retry_after_ms: number | null;
  readonly field: string | null;
  readonly facts: Readonly<Fields>;

  constructor(error: Fields) {
    super(typeof error.message === "string" ? error.message : String(error.code));
    this.name = "RequestError";
    this.code = String(error.code);
    this.temporary = error.temporary === true;
    this.retry_after_ms = typeof error.retry_after_ms === "number" ? error.retry_after_ms : null;
    this.field = typeof error.field === "string" ? error.field : null;
    this.facts = error;
  }
}

/** The connection ended before the answer came: the request may or may not have worked. */
export class ConnectionLost extends Error {
  constructor(message = "the connection was lost") {
    super(message);
    this.name = "ConnectionLost";
  }
}
