/** The bin asks first: which files stay, and whether an upload goes too. */

import { byId, el } from "./dom.js";
import { baseName, formatCount } from "./texts.js";

const SHOWN = 12; // file names, of each kind

/**
 * Asks, and takes a song off the list.
 * @param {import("./api.js").Api} api @param {{id: string, name: string}} job
 * @returns {Promise<boolean>} false if it is kept
 */
export async function askToForget(api, job) {
  const { kept, removable, bin } = await api.files(job.id);
  const dialog = /** @type {HTMLDialogElement} */ (byId("forget"));
  const box = el("input", { type: "checkbox", id: "forget-files" });
  byId("forget-title").textContent = `Take ${baseName(job.name)} off the list?`;
  byId("forget-text").replaceChildren(
    ...(kept.length ? [el("p", { text: `${formatCount(kept.length, "file stays where it is", "files stay where they are")}:` }), fileList(kept)] : []),
    ...(removable.length ? [el("label", { class: "check" }, box, deletion(removable.length, bin)), fileList(removable)] : []),
  );
  dialog.returnValue = "";
  dialog.showModal();
  await new Promise((closed) => dialog.addEventListener("close", closed, { once: true }));
  if (dialog.returnValue !== "forget") return false;
  await api.forget(job.id, box.checked);
  return true;
}

/** @param {number} count @param {boolean} bin */
function deletion(count, bin) {
  const files = `(${formatCount(count, "file")})`;
  return bin ? `Move the upload and what was made of it to the bin ${files}` : `Delete the upload and what was made of it for good ${files}`;
}

/** @param {string[]} paths */
function fileList(paths) {
  const names = paths.slice(0, SHOWN).map((path) => el("li", { text: path.split(/[\\/]/).at(-1), title: path }));
  const rest = paths.length - names.length;
  return el("ul", { class: "files" }, ...names, rest > 0 && el("li", { text: `and ${formatCount(rest, "more", "more")}` }));
}
