/** The daemon's HTTP interface, a method a request. */

/** The daemon refused. `message` is its sentence for people, `code` is for programs. */
export class ApiError extends Error {
  /** @param {number} status @param {{code?: string, text?: string, revision?: number}} body */
  constructor(status, body) {
    super(body.text || `sidestick answered with ${status}.`);
    this.status = status;
    this.code = body.code ?? "";
    this.revision = body.revision;
  }

  /** Somebody else changed the song first. */
  get stale() {
    return this.status === 409 && this.revision !== undefined;
  }
}

export class Api {
  #key = storeKey(new URLSearchParams(location.search).get("key"));

  /** @param {string} path @param {Record<string, string | number>} [query] @returns {string} an address for links and media */
  url(path, query = {}) {
    const all = new URLSearchParams(Object.entries(query).map(([name, value]) => [name, String(value)]));
    if (this.#key) all.set("key", this.#key);
    return all.size ? `${path}?${all}` : path;
  }

  /** @param {string} id @param {string} [rest] */
  jobPath(id, rest = "") {
    return `/api/jobs/${encodeURIComponent(id)}${rest}`;
  }

  health = () => this.#request("GET", "/health");
  models = () => this.#request("GET", "/api/models");
  /** @param {string} name */
  fetchModel = (name) => this.#request("POST", `/api/models/${encodeURIComponent(name)}/fetch`);
  /** @param {string} name */
  removeModel = (name) => this.#request("DELETE", `/api/models/${encodeURIComponent(name)}`);
  settings = () => this.#request("GET", "/api/settings");
  /** @param {Record<string, any>} changes by dotted names */
  changeSettings = (changes) => this.#request("PUT", "/api/settings", { changes });
  setup = () => this.#request("GET", "/api/setup");
  /** @param {object} answers */
  setUp = (answers) => this.#request("POST", "/api/setup", answers);
  options = () => this.#request("GET", "/api/options");
  /** @param {string | null} [before] */
  jobs = (before) => this.#request("GET", this.#withQuery("/api/jobs", before ? { limit: 30, before } : { limit: 30 }));
  /** @param {string} id */
  job = (id) => this.#request("GET", this.jobPath(id));
  /** What is there of a job, and what of it can be deleted. @param {string} id @returns {Promise<{kept: string[], removable: string[], bin: boolean}>} */
  files = (id) => this.#request("GET", this.jobPath(id, "/files"));
  /** @param {string} id @param {boolean} files an upload and what was made of it, too */
  forget = (id, files) => this.#request("DELETE", this.#withQuery(this.jobPath(id), { files }));
  /** @param {string} url @param {object} options @returns {Promise<any>} the job, once the song is here */
  fetchSong = (url, options) => this.#request("POST", "/api/jobs", { url, options });
  /** @param {string} id */
  cancel = (id) => this.#request("POST", this.jobPath(id, "/cancel"));
  /** @param {string} id @param {string} from @param {object} [options] */
  rerun = (id, from, options = {}) => this.#request("POST", this.jobPath(id, "/rerun"), { from, options });
  /** @param {string} id */
  notes = (id) => this.#request("GET", this.jobPath(id, "/notes"));
  /** @param {string} id @param {number} revision @param {object} changes */
  change = (id, revision, changes) => this.#request("PUT", this.jobPath(id, "/clusters"), { revision, changes });
  /** @param {string} id @param {File} file a .mid of the song that a DAW saved again */
  learn = (id, file) => this.#fetch("PUT", this.#withQuery(this.jobPath(id, "/midi"), { name: file.name }), file);
  /** @param {string} id @param {number} revision @param {object} options */
  regenerate = (id, revision, options) => this.#request("POST", this.jobPath(id, "/regenerate"), { revision, options });
  /** @param {string} id @param {number} revision @param {"undo" | "redo"} way */
  step = (id, revision, way) => this.#request("POST", this.jobPath(id, `/revisions/${way}`), { revision });
  /** @param {string} id @param {number} [seconds] of the song, now if left out */
  tap = (id, seconds) => this.#request("POST", this.jobPath(id, "/tap"), seconds === undefined ? {} : { seconds });
  /** @param {string} id */
  stems = (id) => this.#request("GET", this.jobPath(id, "/stems"));
  /** @param {string} id */
  log = (id) => this.#request("GET", this.jobPath(id, "/log"));
  /** @param {string} id @param {object} options */
  push = (id, options) => this.#request("POST", this.jobPath(id, "/push"), options);
  stop = () => this.#request("POST", "/api/stop", {});
  drumMaps = async () => (await this.#request("GET", "/api/drum-maps")).drum_maps;
  /** @param {string} name @param {Record<string, number>} notes */
  saveDrumMap = (name, notes) => this.#request("PUT", `/api/drum-maps/${encodeURIComponent(name)}`, { notes });
  /** @param {number} pitch @param {number} velocity */
  playPad = (pitch, velocity) => this.#request("POST", "/api/pads/play", { pitch, velocity });
  /** @param {string[]} labels */
  beginWalk = (labels) => this.#request("POST", "/api/pads/walk", { labels });
  walk = () => this.#request("GET", "/api/pads/walk");
  skipPad = () => this.#request("POST", "/api/pads/walk/skip");
  stepBackPad = () => this.#request("POST", "/api/pads/walk/back");
  endWalk = () => this.#request("DELETE", "/api/pads/walk");

  /** @param {string} id @param {string} stem @param {{points: number, start?: number, end?: number}} span */
  waveform(id, stem, span) {
    return this.#request("GET", this.#withQuery(this.jobPath(id, `/waveform/${encodeURIComponent(stem)}`), span));
  }

  /**
   * What a finished stage holds.
   * @param {string} id @param {string} stage
   * @returns {Promise<ImageBitmap | any>} a picture, or figures to draw one from
   */
  async picture(id, stage) {
    return this.#picture(this.jobPath(id, `/pictures/${stage}`));
  }

  /** The network that works on a job, and its stems from a column on. @param {string} id @param {number} first */
  network = (id, first) => this.#request("GET", this.#withQuery(this.jobPath(id, "/network"), { first }));

  /** @param {string} id @param {string} stem @returns {Promise<ImageBitmap>} */
  spectrogram(id, stem) {
    return this.#picture(this.jobPath(id, `/spectrogram/${encodeURIComponent(stem)}`));
  }

  /** @param {string} path */
  async #picture(path) {
    const answer = await this.#fetch("GET", path);
    const image = (answer.headers.get("content-type") ?? "").startsWith("image/");
    return image ? createImageBitmap(await answer.blob()) : answer.json();
  }

  /** What can be exported of a job. @param {string} id @returns {Promise<{name: string, ending: string, caption: string, media_type: string, objection: string}[]>} */
  async exports(id) {
    const answer = await this.#fetch("GET", this.jobPath(id, "/exports"));
    return (await answer.json()).exports;
  }

  /** The engraved score. @param {string} id @returns {Promise<string>} an SVG */
  async score(id) {
    return (await this.#fetch("GET", this.jobPath(id, "/exports/score_svg"))).text();
  }

  /** Bytes from `start` up to `end` of a WAV file. @param {string} id @param {string} stem @param {number} start @param {number} end @returns {Promise<ArrayBuffer>} */
  async soundPart(id, stem, start, end) {
    const path = this.#withQuery(this.jobPath(id, `/stems/${encodeURIComponent(stem)}`), { format: "wav" });
    return (await this.#fetch("GET", path, undefined, { Range: `bytes=${start}-${end - 1}` }, "high")).arrayBuffer();
  }

  /** @param {string} id @param {string} stem @returns {Promise<ArrayBuffer>} a WAV file */
  async sound(id, stem) {
    const answer = await this.#fetch("GET", this.#withQuery(this.jobPath(id, `/stems/${encodeURIComponent(stem)}`), { format: "wav" }));
    return answer.arrayBuffer();
  }

  /**
   * Send a file; `onProgress` is called with the fraction that went up, which `fetch` does not report.
   * @param {File} file @param {object} options @param {(fraction: number) => void} onProgress
   * @returns {Promise<any>} the job
   */
  upload(file, options, onProgress) {
    const form = new FormData();
    form.append("options", JSON.stringify(options));
    form.append("file", file, file.name);
    return new Promise((resolve, reject) => {
      const request = new XMLHttpRequest();
      request.open("POST", "/api/jobs");
      if (this.#key) request.setRequestHeader("Authorization", `Bearer ${this.#key}`);
      request.upload.onprogress = (event) => event.lengthComputable && onProgress(event.loaded / event.total);
      request.onload = () => finishRequest(request, resolve, reject);
      request.onerror = () => reject(new ApiError(0, { text: "sidestick does not answer. Is it still running?" }));
      request.send(form);
    });
  }

  /** @param {string} path @param {Record<string, any>} query */
  #withQuery(path, query) {
    const all = new URLSearchParams(Object.entries(query).map(([name, value]) => [name, String(value)]));
    return `${path}?${all}`;
  }

  /** @param {string} method @param {string} path @param {object} [body] */
  async #request(method, path, body) {
    const answer = await this.#fetch(method, path, body);
    return answer.status === 204 ? null : answer.json();
  }

  /** @param {string} method @param {string} path @param {object | Blob} [body] @param {Record<string, string>} [more] headers @param {RequestPriority} [priority] */
  async #fetch(method, path, body, more = {}, priority = "auto") {
    /** @type {Record<string, string>} */
    const headers = { ...more, ...(this.#key ? { Authorization: `Bearer ${this.#key}` } : {}) };
    const raw = body instanceof Blob;
    if (body) headers["Content-Type"] = raw ? "application/octet-stream" : "application/json";
    const sent = fetch(path, { method, headers, priority, body: raw ? body : body && JSON.stringify(body) });
    const answer = await sent.catch(() => {
      throw new ApiError(0, { text: "sidestick does not answer. Is it still running?" });
    });
    if (!answer.ok) throw new ApiError(answer.status, await answer.json().catch(() => ({})));
    return answer;
  }
}

/** @param {XMLHttpRequest} request @param {(job: any) => void} resolve @param {(why: ApiError) => void} reject */
function finishRequest(request, resolve, reject) {
  const body = parseJson(request.responseText);
  if (request.status < 300) resolve(body);
  else reject(new ApiError(request.status, body));
}

/** @param {string} text */
function parseJson(text) {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}

/** A key from the address is stored for this tab and removed from the address. @param {string | null} given */
function storeKey(given) {
  if (!given) return sessionStorage.getItem("sidestick-key");
  sessionStorage.setItem("sidestick-key", given);
  history.replaceState(null, "", location.pathname + location.hash);
  return given;
}
