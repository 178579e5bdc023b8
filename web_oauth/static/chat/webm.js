// A browser records WebM without writing down how long it takes; players can neither show nor seek in such a file.
// Elements of the format: https://www.matroska.org/technical/elements.html

const INFO = [0x15, 0x49, 0xa9, 0x66];
const DURATION = [0x44, 0x89];
const HEAD = 4096; // bytes in which the description stands

/** The same recording with its length in it; unchanged when it is no WebM or has a length. */
export async function withLength(recording, seconds) {
  const head = new Uint8Array(await recording.slice(0, HEAD).arrayBuffer());
  const at = find(head, INFO);
  const size = at < 0 ? null : readSize(head, at + INFO.length);
  if (!size || size.end + size.value > head.length) return recording;
  const info = head.slice(size.end, size.end + size.value);
  if (find(info, DURATION) >= 0) return recording;
  const length = new Uint8Array(DURATION.length + 9);
  length.set([...DURATION, 0x88]); // 8 bytes follow: a float, in milliseconds
  new DataView(length.buffer).setFloat64(DURATION.length + 1, seconds * 1000);
  const parts = [head.slice(0, at + INFO.length), sizeOf(info.length + length.length), info, length];
  return new Blob([...parts, recording.slice(size.end + size.value)], { type: recording.type });
}

function find(bytes, wanted) {
  return bytes.findIndex((_, index) => wanted.every((byte, offset) => bytes[index + offset] === byte));
}

/** A size as the format writes it: leading zero bits count the bytes that follow the first. */
function readSize(bytes, at) {
  const more = Math.clz32(bytes[at] ?? 0) - 24;
  if (more > 7 || at + more >= bytes.length) return null;
  let value = bytes[at] & (0x7f >> more);
  for (let index = 1; index <= more; index++) value = value * 256 + bytes[at + index];
  return { value, end: at + more + 1 };
}

function sizeOf(value) {
  return Uint8Array.of(0x10 | (value >>> 24), value >>> 16, value >>> 8, value);
}
