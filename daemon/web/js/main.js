/** The page is put together here. */

import { Api } from "./api.js";
import { byId, icon } from "./dom.js";
import { EventStream } from "./event_stream.js";
import { showFirstVisit } from "./first_visit.js";
import { JobList } from "./job_list.js";
import { Keyboard } from "./keyboard.js";
import { showNextFetch } from "./models.js";
import { showError, showNotice } from "./notices.js";
import { SettingsDialog } from "./settings_dialog.js";
import { shortcuts } from "./shortcuts.js";
import { SongPage } from "./song_page.js";
import { toggleTheme } from "./theme.js";
import { Upload } from "./upload.js";

const NARROW = 860; // pixels, as in page.css

const api = new Api();
const events = new EventStream(api);
const jobs = new JobList(api, events);
const upload = new Upload(api);
const page = new SongPage(api);
new SettingsDialog(api);
new Keyboard(shortcuts(page), () => Boolean(page.song?.notes));

/** @param {string} id @param {string} name */
const addIcon = (id, name) => byId(id).append(icon(name));
addIcon("theme", "moon");
addIcon("undo", "undo");
addIcon("redo", "redo");
addIcon("stop", "stop");
addIcon("songs-toggle", "songs");
byId("push").prepend(icon("push"));

byId("theme").addEventListener("click", toggleTheme);
byId("songs-toggle").addEventListener("click", () => showSongs(byId("songs").offsetWidth === 0));

upload.uploaded.on((job) => open(jobs.update(job)));
upload.edited.on(learn);
jobs.opened.on((id) => open(jobs.byId.get(id)));
jobs.changed.on((job) => page.follow(job));
jobs.removed.on((id) => id === page.song?.id && close());
events.connection.on(showConnection);
events.received.on((name, data) => {
  if ((name === "revision" || name === "done") && data.job === page.song?.id && data.revision !== undefined) page.song?.checkRevision(data.revision);
  if (name === "log" && data.job === page.song?.id) page.progress.refreshLog();
});
addEventListener("hashchange", openFromHash);
document.addEventListener("visibilitychange", () => document.hidden || showConnection(events.online));

start();

async function start() {
  const optionsLoaded = api.options().then((options) => {
    page.setOptions(options);
    upload.setOptions(options);
    jobs.show();
  });
  const jobsLoaded = jobs.load();
  await Promise.all([optionsLoaded, jobsLoaded]).catch(showError);
  await openFromHash();
  events.open();
  showNextFetch(api);
  await showFirstVisit(api);
}

/** The song that the hash names, so that reloading and links work. */
async function openFromHash() {
  const id = decodeURIComponent(location.hash.slice(1));
  if (!id || id === page.song?.id || document.getElementById(id)) return;
  const job = jobs.byId.get(id) ?? (await api.job(id).catch(showError));
  if (job) await open(job);
}

/** @param {any} job */
async function open(job) {
  jobs.current = job.id;
  jobs.show();
  history.replaceState(null, "", `#${encodeURIComponent(job.id)}`);
  if (innerWidth < NARROW) showSongs(false);
  await page.open(job).catch(showError);
}

/** The open song was taken off the list. */
function close() {
  page.close();
  jobs.current = "";
  history.replaceState(null, "", location.pathname);
}

/** Corrects the song that is open by a .mid of it; the event of the new revision shows it. @param {File} file */
async function learn(file) {
  if (!page.song) return showNotice("Open the song that this .mid belongs to, then drop it again.");
  await api.learn(page.song.id, file).catch(showError);
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
