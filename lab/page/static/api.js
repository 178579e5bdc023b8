// Asking the lab's server. What goes wrong is an Error whose message is for a person.

async function answered(request) {
  let answer;
  try {
    answer = await request;
  } catch {
    throw new Error("The lab does not answer. Is it still running?");
  }
  if (answer.ok) return answer;
  throw new Error(await wordsOf(answer));
}

/** Stand-ins refuse as their vendor does: the words are somewhere in the answer. */
async function wordsOf(answer) {
  const text = await answer.text();
  try {
    const said = JSON.parse(text);
    const words = said.description ?? said.error?.message ?? said.error ?? said.message ?? said.detail;
    return [typeof words === "string" ? words : text, said.advice].filter(Boolean).join(". ");
  } catch {
    return text || `It was refused (${answer.status}).`;
  }
}

export async function get(path) {
  return (await answered(fetch(path, { headers: { accept: "application/json" } }))).json();
}

export async function post(path, body = {}) {
  const headers = { "content-type": "application/json" };
  return (await answered(fetch(path, { method: "POST", headers, body: JSON.stringify(body) }))).json();
}

/** A browser's recording as a voice note: { blob, duration } in Ogg/Opus, as the apps record. */
export async function toVoiceNote(recording) {
  const headers = { "content-type": recording.type || "audio/webm" };
  const answer = await answered(fetch("/voice", { method: "POST", headers, body: recording }));
  return { blob: await answer.blob(), duration: Number(answer.headers.get("x-duration")) };
}

export async function toBase64(blob) {
  const url = await new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result);
    reader.onerror = () => reject(new Error("This file cannot be read."));
    reader.readAsDataURL(blob);
  });
  return url.slice(url.indexOf(",") + 1);
}

/** What one person does and sees in one app. */
export class App {
  constructor(name) {
    this.name = name;
  }

  act = (what, body = {}) => post(`/app/${this.name}/${what}`, body);

  screen(user, chat) {
    const query = new URLSearchParams({ user: user.id, ...(chat ? { chat: chat.id } : {}) });
    return get(`/app/${this.name}/screen?${query}`);
  }

  fileUrl = (id) => `/app/${this.name}/file/${encodeURIComponent(id)}`;
}
