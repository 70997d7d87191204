// The languages of the caller's page, each by its name in itself. One without a words/<code>.json is not offered yet.
export const LANGUAGES = {
  en: "English",
  es: "Español",
  "zh-Hans": "简体中文",
  "zh-Hant": "繁體中文",
  vi: "Tiếng Việt",
  tl: "Tagalog",
  ar: "العربية",
  fr: "Français",
  ko: "한국어",
  ru: "Русский",
  ht: "Kreyòl ayisyen",
  pt: "Português",
  hi: "हिन्दी",
  ur: "اردو",
  fa: "فارسی",
  bn: "বাংলা",
  pl: "Polski",
  de: "Deutsch",
  it: "Italiano",
  ja: "日本語",
  so: "Soomaali",
  am: "አማርኛ",
  uk: "Українська",
  sw: "Kiswahili",
} as const;

export type Code = keyof typeof LANGUAGES;

export const RIGHT_TO_LEFT: ReadonlySet<string> = new Set(["ar", "ur", "fa"]);
