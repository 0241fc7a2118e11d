/** How much a text repeats itself. Each measure is 0…1, and 0 for a text too short to repeat anything. */
export function repetitionOf(text: string) {
  const sentences = text.split(/[.\n]/).map((sentence) => sentence.trim());
  const words = text.split(/\s+/).filter((word) => word !== '');
  const again = words.filter((word, index) => word === words[index - 1]).length;
  return {
    repeated_sentences: repeatedShare(sentences.filter((sentence) => sentence !== '')),
    repeated_words: words.length === 0 ? 0 : again / words.length,
    repeated_bigrams: repeatedShare(words.slice(1).map((word, index) => `${words[index]} ${word}`)),
  };
}

/** Share of the parts that stood before. */
function repeatedShare(parts: readonly string[]): number {
  return parts.length === 0 ? 0 : 1 - new Set(parts).size / parts.length;
}
