declare module 'seek-bzip' {
  /** What the decoder writes to, byte by byte, and flushes at the end of each block. */
  interface Output {
    writeByte(byte: number): void;
    flush(): void;
  }
  interface Bunzip {
    /** Throws TypeError for damaged input; the checksums of blocks and stream are verified. */
    decode(input: Uint8Array, output: Output, multistream: boolean): void;
  }
  const bunzip: Bunzip;
  export default bunzip;
}
