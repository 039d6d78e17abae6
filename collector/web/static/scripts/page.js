// What every page loads. Each part works alone, and every page can be read and used without any of them.
import "./live.js";
import "./dialogs.js";
import "./toasts.js";
import "./keys.js";
import "./palette.js";
import "./levers.js";
import "./drop.js";
import "./sign_in.js";
import "./zone.js";
