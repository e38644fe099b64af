/** The other side can't take it now, and may have said when it can. */
export class RetryLater extends Error {
  override readonly name = "RetryLater";
  constructor(
    message: string,
    /** Milliseconds from now; null where it was not said. */
    readonly afterMs: number | null,
  ) {
    super(message);
  }
}
