// Draws the testbed's state, again whenever it changes. All text comes in as text: nothing that a client has sent can act here.
"use strict";

const PERSONALITIES = { zoo: "ZOO-Project-DRU", pygeoapi: "pygeoapi", recorded: "a recorded server" };
const UUID = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;

const byId = (id) => document.getElementById(id);

/** An element with a class and content: text or other elements. */
function element(name, className, ...content) {
  const made = document.createElement(name);
  if (className) made.className = className;
  made.append(...content);
  return made;
}

/** Ids of jobs are long and begin differently: their first group tells them apart. */
const shortened = (text) => text.replace(UUID, (id) => id.slice(0, 8) + "…");

const clock = (date) => date.slice(11, 19);

function size(bytes) {
  if (bytes < 1000) return `${bytes} B`;
  if (bytes < 1e6) return `${(bytes / 1e3).toFixed(1)} kB`;
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

/** What has been drawn of each part, so that only what changed is drawn again. */
const drawn = {};

function draw(part, data, how) {
  const text = JSON.stringify(data);
  if (drawn[part] === text) return;
  how(data, drawn[part] === undefined);
  drawn[part] = text;
}

/** The path that every address of the OGC API begins with, which nobody needs to read again and again. */
let basePath = "";

function drawHead({ scenario, personality, clock: jobs, addresses }) {
  basePath = new URL(addresses.ogc).pathname.replace(/\/$/, "");
  document.title = `${scenario} – testbed`;
  byId("scenario").textContent = scenario;
  const moved = jobs["moved-by"] === "poll" ? "each status request moves a job on" : `jobs take their time${jobs.speed === 1 ? "" : `, × ${jobs.speed}`}`;
  byId("server").textContent = `${PERSONALITIES[personality] ?? personality} · ${moved}`;
  const entry = (name, url) => element("div", "", element("dt", "", name), element("dd", "", url.replace(/^http:\/\//, "")));
  byId("addresses").replaceChildren(entry("OGC API", addresses.ogc), entry("S3", addresses.s3));
}

function drawProcesses(processes) {
  const names = processes.flatMap(({ id, version }, index) => [index ? ", " : "", element("b", "", id), version ? ` ${version}` : ""]);
  byId("processes").replaceChildren("Processes: ", ...(names.length ? names : ["none"]));
}

function drawJobs(jobs) {
  byId("jobs-count").textContent = jobs.length ? String(jobs.length) : "";
  const shown = jobs.map((job, index) => {
    const known = job.progress !== null;
    const bar = element("progress");
    bar.max = 100;
    bar.value = known ? job.progress : 0;
    const head = element("div", "head", element("span", "process", job.process), element("span", "id", job.id), element("span", "status", job.status));
    const parts = [head, element("div", "bar", bar, element("span", "percent", known ? `${job.progress} %` : "–"))];
    if (index === 0) {
      parts.push(element("p", "message", job.message));
      const steps = job.history.map(({ time, message }) => element("li", "", element("time", "", clock(time)), message));
      parts.push(element("ol", "history", ...steps));
    } else if (job.status !== "successful") {
      parts.push(element("p", "message", job.message));
    }
    return element("article", `job ${job.status}`, ...parts);
  });
  const empty = element("p", "empty", "None yet. A POST to processes/{id}/execution creates one.");
  byId("jobs-list").replaceChildren(...(shown.length ? shown : [empty]));
}

let lastRequest = 0;

function drawRequests({ total, latest }, isFirst) {
  byId("requests-count").textContent = total ? String(total) : "";
  const rows = latest.map((request) => {
    const { number, status, by } = request;
    const grade = by === "refused" ? "refused" : status >= 500 ? "bad" : status >= 400 ? "warn" : "good";
    const where = { ogc: "OGC", s3: "S3", refused: "–" }[by];
    // Everybody knows the servers' hosts; a host that was refused is what matters.
    const inside = by === "ogc" && request.path.startsWith(`${basePath}/`) ? request.path.slice(basePath.length) : request.path;
    const path = element("td", "path", by === "refused" ? request.host + request.path : shortened(decoded(inside)));
    path.title = `${request.host}${request.path}: ${size(request.bytes)} in ${request.ms} ms`;
    const row = element("tr", grade, element("td", "time", clock(request.time)), element("td", "status", String(status)),
      element("td", "method", request.method), element("td", "where", where), path);
    if (!isFirst && number > lastRequest) row.classList.add("fresh");
    return row;
  });
  lastRequest = total;
  const empty = element("tr", "", element("td", "empty", "None yet."));
  byId("requests-list").replaceChildren(...(rows.length ? rows : [empty]));
}

function decoded(path) {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

/** Folders that somebody has closed stay closed. */
const closed = new Set();
let lastObjects = new Set();

function drawObjects(buckets, isFirst) {
  const seen = new Set();
  let bytes = 0;
  const shown = buckets.map(({ name, objects, complete }) => {
    const root = { folders: new Map(), objects: [] };
    for (const object of objects) {
      const segments = object.key.split("/");
      const file = segments.pop();
      let folder = root;
      for (const segment of segments) {
        if (!folder.folders.has(segment)) folder.folders.set(segment, { folders: new Map(), objects: [] });
        folder = folder.folders.get(segment);
      }
      const path = `${name}/${object.key}`;
      seen.add(path);
      bytes += object.bytes;
      folder.objects.push({ ...object, file, isFresh: !isFirst && !lastObjects.has(path) });
    }
    const tree = drawFolder(root, name, `s3://${name}`);
    if (!complete) tree.append(element("p", "empty", "… and more"));
    return tree;
  });
  lastObjects = seen;
  byId("objects-count").textContent = seen.size ? `${seen.size} objects, ${size(bytes)}` : "";
  byId("objects-list").replaceChildren(...(shown.length ? shown : [element("p", "empty", "No bucket.")]));
  // What a job has just stored is what everybody waits for.
  byId("objects-list").querySelector(".fresh")?.scrollIntoView({ block: "center" });
}

/** A folder with what is in it; one that has nothing but a folder is a line with it. */
function drawFolder(folder, path, label) {
  while (folder.objects.length === 0 && folder.folders.size === 1) {
    const [[name, only]] = folder.folders;
    [folder, path, label] = [only, `${path}/${name}`, `${label}/${name}`];
  }
  const made = element("details", "", element("summary", "", shortened(label)));
  made.title = path;
  made.open = !closed.has(path);
  made.addEventListener("toggle", () => (made.open ? closed.delete(path) : closed.add(path)));
  for (const [name, inner] of folder.folders) made.append(drawFolder(inner, `${path}/${name}`, name));
  for (const object of folder.objects) {
    const line = element("div", object.isFresh ? "object fresh" : "object", element("span", "name", shortened(object.file)), element("span", "size", size(object.bytes)));
    line.title = `s3://${path}/${object.file}, ${object.modified}`;
    made.append(line);
  }
  return made;
}

function show(state) {
  byId("gone").hidden = true;
  draw("head", { scenario: state.scenario, personality: state.personality, clock: state.clock, addresses: state.addresses }, drawHead);
  draw("processes", state.processes, drawProcesses);
  draw("jobs", state.jobs, drawJobs);
  draw("requests", state.requests, drawRequests);
  draw("objects", state.buckets, drawObjects);
}

const events = new EventSource("events");
events.onmessage = (event) => show(JSON.parse(event.data));
// It tries again by itself: a testbed that is started anew on the same ports is shown.
events.onerror = () => (byId("gone").hidden = false);
