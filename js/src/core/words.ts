import dictionary from "../../../xaiwidgets/words.json";

export type Language = keyof typeof dictionary;
export type Word = keyof typeof dictionary.en;

/** Interface words in one language, with `{name}` filled in. */
export interface Speech {
  language: Language;
  (word: Word, values?: Record<string, string | number>): string;
  /** A word that the dictionary may not have, such as a unit that a user named. */
  maybe(word: string): string | null;
}

export function speech(language: Language): Speech {
  const words: Record<string, string> = dictionary[language];
  const speak = (word: Word, values: Record<string, string | number> = {}) =>
    // One pass, so that a label which itself contains "{n}" is left as it is.
    (words[word] ?? word).replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
  return Object.assign(speak, { language, maybe: (word: string) => words[word] ?? null });
}

/**
 * The language of the interface: what was asked for, else the page's, else the browser's.
 * JupyterLab and Notebook 7 write the locale of their settings to `<html lang>`.
 */
export function languageOf(wanted: string, element: Element): Language {
  const near = element.closest("[lang]")?.getAttribute("lang") ?? document.documentElement.lang;
  // Before JupyterLab 4.1 an unset locale was written as the word "default".
  const found = wanted || (near === "default" ? "" : near) || navigator.language || "en";
  return found.toLowerCase().startsWith("zh") ? "zh" : "en";
}
