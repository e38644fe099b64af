/**
 * Splits bytes into lines of UTF-8.
 *
 * @param onLine - receives every whole line, without its end
 * @returns takes the next bytes
 */
export function createLineReader(onLine: (line: string) => void): (bytes: Buffer) => void {
  const newline = 10;
  // Kept apart until a line is whole, so that a long line is joined only once.
  let pieces: Buffer[] = [];
  return (bytes) => {
    const end = bytes.lastIndexOf(newline);
    if (end === -1) {
      pieces.push(bytes);
      return;
    }
    const text = Buffer.concat([...pieces, bytes.subarray(0, end)]).toString("utf8");
    pieces = end + 1 < bytes.length ? [bytes.subarray(end + 1)] : [];
    for (const line of text.split("\n")) onLine(line);
  };
}
