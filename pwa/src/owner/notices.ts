// What an owner reads about being told on this phone.
import type { NoticesWords } from "../lib/parts/notices.tsx";

export const NOTICES: NoticesWords = {
  title: "Messages on this phone",
  states: {
    install:
      "To be told on this phone, put this page on your home screen first: press Share, then Add to Home Screen, and open it from there.",
    old: "This phone's system is too old to tell you of anything while the page is closed. Update it, or keep the page open.",
    cannot:
      "This browser cannot tell you of anything while the page is closed. Keep the page open, or use another browser.",
    off: "When 911 asks for a camera you have one minute to answer. This phone can tell you, also while this page is closed. The message says that 911 asks, and nothing else.",
    on: "This phone tells you when 911 asks for a camera.",
    refused:
      "You have told this browser not to send messages from this page. Allow them in the browser's settings for this page, then come back.",
  },
  on: "Tell me on this phone",
  off: "Stop telling me here",
};
