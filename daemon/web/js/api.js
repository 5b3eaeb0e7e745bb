/** The daemon's HTTP interface, a method a request. */

/** The daemon said no. `message` is its sentence for people, `code` is for programs. */
export class Refused extends Error {
  /** @param {number} status @param {{code?: string, text?: string, revision?: number}} said */
  constructor(status, said) {
    super(said.text || `sidestick answered with ${status}.`);
    this.status = status;
    this.code = said.code ?? "";
    this.revision = said.revision;
  }

  /** Somebody else changed the song first. */
  get stale() {
    return this.status === 409 && this.revision !== undefined;
  }
}

export class Api {
  #key = kept(new URLSearchParams(location.search).get("key"));

  /** @param {string} path @param {Record<string, string | number>} [query] @returns {string} an address for links and media */
  url(path, query = {}) {
    const all = new URLSearchParams(Object.entries(query).map(([name, value]) => [name, String(value)]));
    if (this.#key) all.set("key", this.#key);
    return all.size ? `${path}?${all}` : path;
  }

  /** @param {string} id @param {string} [rest] */
  at(id, rest = "") {
    return `/api/jobs/${encodeURIComponent(id)}${rest}`;
  }

  health = () => this.#ask("GET", "/health");
  options = () => this.#ask("GET", "/api/options");
  /** @param {string | null} [before] */
  jobs = (before) => this.#ask("GET", this.#bare("/api/jobs", before ? { limit: 30, before } : { limit: 30 }));
  /** @param {string} id */
  job = (id) => this.#ask("GET", this.at(id));
  /** @param {string} id */
  forget = (id) => this.#ask("DELETE", this.at(id));
  /** @param {string} id */
  cancel = (id) => this.#ask("POST", this.at(id, "/cancel"));
  /** @param {string} id @param {string} from @param {object} [options] */
  rerun = (id, from, options = {}) => this.#ask("POST", this.at(id, "/rerun"), { from, options });
  /** @param {string} id */
  notes = (id) => this.#ask("GET", this.at(id, "/notes"));
  /** @param {string} id @param {number} revision @param {object} changes */
  change = (id, revision, changes) => this.#ask("PUT", this.at(id, "/clusters"), { revision, changes });
  /** @param {string} id @param {number} revision @param {object} options */
  regenerate = (id, revision, options) => this.#ask("POST", this.at(id, "/regenerate"), { revision, options });
  /** @param {string} id @param {number} revision @param {"undo" | "redo"} way */
  step = (id, revision, way) => this.#ask("POST", this.at(id, `/revisions/${way}`), { revision });
  /** @param {string} id */
  stems = (id) => this.#ask("GET", this.at(id, "/stems"));
  /** @param {string} id */
  log = (id) => this.#ask("GET", this.at(id, "/log"));
  /** @param {string} id @param {object} options */
  push = (id, options) => this.#ask("POST", this.at(id, "/push"), options);
  stop = () => this.#ask("POST", "/api/stop", {});

  /** @param {string} id @param {string} stem @param {{points: number, start?: number, end?: number}} span */
  waveform(id, stem, span) {
    return this.#ask("GET", this.#bare(this.at(id, `/waveform/${encodeURIComponent(stem)}`), span));
  }

  /**
   * What a finished stage holds.
   * @param {string} id @param {string} stage
   * @returns {Promise<ImageBitmap | any>} a picture, or figures to draw one from
   */
  async picture(id, stage) {
    return this.#picture(this.at(id, `/pictures/${stage}`));
  }

  /** @param {string} id @param {string} stem @returns {Promise<ImageBitmap>} */
  spectrogram(id, stem) {
    return this.#picture(this.at(id, `/spectrogram/${encodeURIComponent(stem)}`));
  }

  /** @param {string} path */
  async #picture(path) {
    const answer = await this.#fetch("GET", path);
    const image = (answer.headers.get("content-type") ?? "").startsWith("image/");
    return image ? createImageBitmap(await answer.blob()) : answer.json();
  }

  /** @param {string} id @param {string} stem @returns {Promise<ArrayBuffer>} a WAV file */
  async sound(id, stem) {
    const answer = await this.#fetch("GET", this.#bare(this.at(id, `/stems/${encodeURIComponent(stem)}`), { format: "wav" }));
    return answer.arrayBuffer();
  }

  /**
   * Send a file; `hear` is told the fraction that went up. `fetch` cannot tell that.
   * @param {File} file @param {object} options @param {(fraction: number) => void} hear
   * @returns {Promise<any>} the job
   */
  upload(file, options, hear) {
    const form = new FormData();
    form.append("options", JSON.stringify(options));
    form.append("file", file, file.name);
    return new Promise((resolve, reject) => {
      const request = new XMLHttpRequest();
      request.open("POST", "/api/jobs");
      if (this.#key) request.setRequestHeader("Authorization", `Bearer ${this.#key}`);
      request.upload.onprogress = (event) => event.lengthComputable && hear(event.loaded / event.total);
      request.onload = () => settle(request, resolve, reject);
      request.onerror = () => reject(new Refused(0, { text: "sidestick does not answer. Is it still running?" }));
      request.send(form);
    });
  }

  /** @param {string} path @param {Record<string, any>} query */
  #bare(path, query) {
    const all = new URLSearchParams(Object.entries(query).map(([name, value]) => [name, String(value)]));
    return `${path}?${all}`;
  }

  /** @param {string} method @param {string} path @param {object} [body] */
  async #ask(method, path, body) {
    const answer = await this.#fetch(method, path, body);
    return answer.status === 204 ? null : answer.json();
  }

  /** @param {string} method @param {string} path @param {object} [body] */
  async #fetch(method, path, body) {
    /** @type {Record<string, string>} */
    const headers = this.#key ? { Authorization: `Bearer ${this.#key}` } : {};
    if (body) headers["Content-Type"] = "application/json";
    const sent = fetch(path, { method, headers, body: body && JSON.stringify(body) });
    const answer = await sent.catch(() => {
      throw new Refused(0, { text: "sidestick does not answer. Is it still running?" });
    });
    if (!answer.ok) throw new Refused(answer.status, await answer.json().catch(() => ({})));
    return answer;
  }
}

/** @param {XMLHttpRequest} request @param {(job: any) => void} resolve @param {(why: Refused) => void} reject */
function settle(request, resolve, reject) {
  const said = parsed(request.responseText);
  if (request.status < 300) resolve(said);
  else reject(new Refused(request.status, said));
}

/** @param {string} text */
function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}

/** A key from the address is kept for this tab and taken out of sight. @param {string | null} given */
function kept(given) {
  if (!given) return sessionStorage.getItem("sidestick-key");
  sessionStorage.setItem("sidestick-key", given);
  history.replaceState(null, "", location.pathname + location.hash);
  return given;
}
