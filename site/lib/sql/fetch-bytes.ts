/** Files that are compressed on the host. */

/**
 * The content of a gzip file, also from a host that takes the ending for a transfer encoding, so that the browser has
 * decompressed it already.
 * @param report  called with the bytes that came in since the last call
 * @throws with the address and the status where the file cannot be had
 */
export async function fetchGunzipped(
  url: string,
  report: (bytes: number) => void,
): Promise<Uint8Array<ArrayBuffer>> {
  const response = await fetch(url).catch(() => null);
  if (response === null || !response.ok || response.body === null) {
    const why = response === null ? 'the network failed' : `the server answered ${response.status}`;
    throw new Error(`The file ${url} could not be loaded: ${why}. Try again.`);
  }
  const counted = response.body.pipeThrough(
    new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
      transform(chunk, controller) {
        report(chunk.byteLength);
        controller.enqueue(chunk);
      },
    }),
  );
  const bytes = new Uint8Array(await new Response(counted).arrayBuffer());
  const isCompressed = bytes[0] === 0x1f && bytes[1] === 0x8b;
  if (!isCompressed) return bytes;
  const content = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
  return new Uint8Array(await new Response(content).arrayBuffer());
}
