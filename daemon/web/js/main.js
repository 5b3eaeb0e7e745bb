/** The page is put together here. */

import { Api } from "./api.js";
import { Desk } from "./desk.js";
import { byId, icon } from "./dom.js";
import { Feed } from "./feed.js";
import { Intake } from "./intake.js";
import { Keys } from "./keys.js";
import { complain } from "./notice.js";
import { Queue } from "./queue.js";
import { shortcuts } from "./shortcuts.js";
import { toggleTheme } from "./theme.js";

const NARROW = 860; // pixels, as in page.css

const api = new Api();
const feed = new Feed(api);
const queue = new Queue(api, feed);
const intake = new Intake(api);
const desk = new Desk(api);
new Keys(shortcuts(desk), () => Boolean(desk.song?.notes));

/** @param {string} id @param {string} name */
const symbol = (id, name) => byId(id).append(icon(name));
symbol("theme", "moon");
symbol("undo", "undo");
symbol("redo", "redo");
symbol("stop", "stop");
symbol("songs-toggle", "songs");
byId("push").prepend(icon("push"));

byId("theme").addEventListener("click", toggleTheme);
byId("songs-toggle").addEventListener("click", () => showSongs(byId("songs").offsetWidth === 0));

intake.taken.on((job) => open(queue.take(job)));
queue.opened.on((id) => open(queue.jobs.get(id)));
queue.changed.on((job) => desk.follow(job));
feed.connection.on(showConnection);
feed.heard.on((name, data) => {
  if ((name === "revision" || name === "done") && data.job === desk.song?.id && data.revision !== undefined) desk.song?.hear(data.revision);
  if (name === "log" && data.job === desk.song?.id) desk.progress.log();
});
addEventListener("hashchange", openAddressed);
document.addEventListener("visibilitychange", () => document.hidden || showConnection(feed.online));

start();

async function start() {
  const offered = api.options().then((options) => (desk.offer(options), intake.offer(options)));
  const listed = queue.load();
  await Promise.all([offered, listed]).catch(complain);
  await openAddressed();
  feed.open();
}

/** The song that the address names, so that reloading and links work. */
async function openAddressed() {
  const id = decodeURIComponent(location.hash.slice(1));
  if (!id || id === desk.song?.id || document.getElementById(id)) return;
  const job = queue.jobs.get(id) ?? (await api.job(id).catch(complain));
  if (job) await open(job);
}

/** @param {any} job */
async function open(job) {
  queue.current = job.id;
  queue.show();
  history.replaceState(null, "", `#${encodeURIComponent(job.id)}`);
  if (innerWidth < NARROW) showSongs(false);
  await desk.open(job).catch(complain);
}

/** The list of songs is beside the song, or above it, or away. @param {boolean} shown */
function showSongs(shown) {
  document.querySelector(".page")?.classList.toggle("wide", !shown);
  byId("songs-toggle").setAttribute("aria-expanded", String(shown));
}

/** @param {boolean} online */
async function showConnection(online) {
  const health = byId("health");
  health.classList.toggle("off", !online);
  if (!online) return void (health.textContent = "sidestick does not answer; trying again");
  const { version = "", midi_port: port = "", midi_open: open } = await api.health().catch(() => ({}));
  health.textContent = [version, open ? port.replace(/\.$/, "") : version && "no MIDI port"].filter(Boolean).join(" · ");
  health.title = port;
}
